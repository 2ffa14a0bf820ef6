"""The members of the ensemble, each with the possible sources of its weights, best first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HubCheckpoint:
    """A public checkpoint. `roc_auc` is what independent tests published, None if nobody has.

    A `revision` is pinned where it is known; without one the cached main branch is used and
    its commit shown.
    """

    id: str
    licence: str
    roc_auc: float | None = None
    revision: str | None = None


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
            HubCheckpoint("umm-maybe/AI-image-detector", "disputed", 0.53),
            HubCheckpoint("Organika/sdxl-detector", "CC-BY-NC-3.0", 0.79),
        ),
    ),
    Member(
        "wildfake",
        "WildFake detector",
        "WildFake detector",
        "wildfake_detector_finetuned",
        (
            HubCheckpoint("Aaditya2763/wild-fake-detector", "unknown"),
            HubCheckpoint(
                "buildborderless/CommunityForensics-DeepfakeDet-ViT",
                "MIT",
                0.95,
                "ac6ee457bea904a373065754107451793b56db00",
            ),
        ),
    ),
)
