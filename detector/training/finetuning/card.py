"""The model card of a fine-tuned model, printed from its metrics.json and never typed by hand."""

from __future__ import annotations

from typing import Any

from .plots import NAMES
from .tables import as_markdown

FEW = 100


def model_card(metrics: dict[str, Any]) -> str:
    """README.md of the model's folder."""
    return "\n".join(
        [
            "---",
            "pipeline_tag: image-classification",
            "library_name: transformers",
            "---",
            "",
            f"# {metrics['model']}",
            "",
            f"Fine-tuned from {metrics['base']['name']} ({metrics['base']['state']}) by "
            "`manage.py finetune_hf_models`. Labels: 0 = real, 1 = ai.",
            "",
            *_data(metrics),
            *_test(metrics),
            *_training(metrics),
            "## Licence",
            "",
            "That of the base model and of the pictures; this file does not know them.",
            "",
        ]
    )


def _data(metrics: dict[str, Any]) -> list[str]:
    counts = metrics["data"]["counts"]
    lines = [f"| {split} | {c['ai']} | {c['real']} |" for split, c in counts.items()]
    return ["## Pictures", "", "| split | AI | real |", "| --- | --- | --- |", *lines, ""]


def _test(metrics: dict[str, Any]) -> list[str]:
    lines = ["## Test", ""]
    if metrics["test"]["n"] < FEW:
        lines += [
            f"**{metrics['test']['n']} test pictures are too few to tell how good this model is**: "
            "read the intervals, not the figures.",
            "",
        ]
    lines += [f'The plots and the figure that the page shows are of "{metrics["headline"]}".', ""]
    lines += [*as_markdown(metrics), "", metrics["about_test"], ""]
    return lines + [f"![{name.removesuffix('.png')}]({name})" for name in NAMES] + [""]


def _training(metrics: dict[str, Any]) -> list[str]:
    training = metrics["training"]
    epochs = [
        f"| {e['epoch']:g} | {e.get('train_loss', float('nan')):.4f} | {e['loss']:.4f} | "
        f"{e['accuracy']:.1%} | {e['roc_auc']:.3f} |"
        for e in metrics["epochs"]
    ]
    arguments = ", ".join(f"{name} {value}" for name, value in training["arguments"].items())
    versions = ", ".join(f"{name} {value}" for name, value in training["versions"].items())
    return [
        "## Training",
        "",
        f"{_duration(training)} on {training['device']}. {training['about_augmentation']}",
        "",
        "| epoch | training loss | validation loss | accuracy | AUROC |",
        "| --- | --- | --- | --- | --- |",
        *epochs,
        "",
        f"Arguments: {arguments}. Versions: {versions}.",
        "",
        "`training_args.json` holds the Trainer's arguments. `training_args.bin` holds the same as "
        "a pickle, for tools that expect it; a pickle can run code when it is loaded, and the "
        "detector never reads it.",
        "",
    ]


def _duration(training: dict[str, Any]) -> str:
    return "Resumed" if training["seconds"] is None else f"{training['seconds']:.0f} s"
