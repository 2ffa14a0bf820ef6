"""The members of the ensemble, each with the possible sources of its weights, best first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HubCheckpoint:
    """A public checkpoint. `roc_auc` is what independent tests published, None if nobody has.

    A `revision` is pinned where it is known; without one the cached main branch is used and
    its commit shown. `unfit` says why it cannot be used, where that is known; it is asked for all
    the same, since its owner may mend it. `by_timm`: it is saved as timm_vit.py reads it.
    """

    id: str
    licence: str
    roc_auc: float | None = None
    revision: str | None = None
    unfit: str = ""
    by_timm: bool = False


@dataclass(frozen=True)
class Member:
    """One member: fine-tuned folder, else the first cached hub checkpoint, else bundled weights."""

    name: str
    title: str
    loaded_title: str
    finetuned: str
    hub: tuple[HubCheckpoint, ...]
    bundled: str | None = None


MEMBERS = (
    Member(
        "vit",
        "ViT AI detector",
        "ViT AI-image-detector",
        "vit_ai_detector_finetuned",
        (HubCheckpoint("dima806/deepfake_vs_real_image_detection", "Apache-2.0"),),
        bundled="dinov2",
    ),
    Member(
        "ai-human",
        "AI vs Human detector",
        "AI vs Human detector",
        "ai_human_detector_finetuned",
        (
            HubCheckpoint(
                "umm-maybe/AI-image-detector",
                "disputed",
                0.53,
                unfit="its weights are pickled, and its licence is disputed",
            ),
            HubCheckpoint("OwensLab/commfor-model-384", "MIT", 0.86, by_timm=True),
            HubCheckpoint("Organika/sdxl-detector", "CC-BY-NC-3.0, non-commercial", 0.79),
        ),
    ),
    Member(
        "wildfake",
        "WildFake detector",
        "WildFake detector",
        "wildfake_detector_finetuned",
        (
            HubCheckpoint(
                "Aaditya2763/wild-fake-detector", "unknown", unfit="it is private or gone"
            ),
            HubCheckpoint(
                "Vontra/detectra-v1",
                "MIT",
                revision="d8709d3c39aa69ab862748badce0d4a06e90bf4c",
                by_timm=True,
            ),
            HubCheckpoint(
                "buildborderless/CommunityForensics-DeepfakeDet-ViT",
                "MIT",
                0.95,
                "ac6ee457bea904a373065754107451793b56db00",
            ),
        ),
    ),
)
