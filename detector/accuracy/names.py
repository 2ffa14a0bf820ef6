"""The names of what is measured: keys of report.json that training writes and pages read."""

from __future__ import annotations

# The key of the verdict among the methods of a report.
VERDICT = "fused"
# The labels that the verdict gives to a picture.
LABELS = ("ai", "real", "uncertain")
CLASSES = ("real", "ai")

# The shares of real pictures called AI at which recall is measured.
FALSE_POSITIVES = {"recall_at_fpr_1": 0.01, "recall_at_fpr_5": 0.05, "recall_at_fpr_10": 0.1}
# The figures of every method and of the verdict.
FIGURES = ("roc_auc", "ap", "balanced_accuracy", *FALSE_POSITIVES, "ece", "ece_by_chance")
# The most telling figures, for tables with little room.
MAIN_FIGURES = ("roc_auc", "balanced_accuracy", "recall_at_fpr_1", "ece")
# The numbers of pictures that a method gave no score.
COUNTS = ("abstained_ai", "abstained_real", "failed")


def call_key(truth: str, label: str) -> str:
    """The name of the share of pictures of the class `truth` that the verdict calls `label`."""
    return f"{truth}_called_{label}"


# The shares of each class that got each label of the verdict, as (truth, label).
SHARES = {call_key(truth, label): (truth, label) for truth in CLASSES for label in LABELS}


def decided_key(truth: str) -> str:
    """The name of the number of pictures of a class on which evidence in the file decided."""
    return f"decided_by_file_{truth}"
