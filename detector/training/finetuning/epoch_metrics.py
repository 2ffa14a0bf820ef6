"""The figures that are measured after every epoch."""

from __future__ import annotations

from typing import Any

import datasets
import evaluate
import numpy as np
from scipy.special import expit
from sklearn.metrics import balanced_accuracy_score, precision_recall_fscore_support, roc_auc_score
from transformers import EvalPrediction


class DetectionMetrics(evaluate.Metric):
    """Accuracy, precision, recall, F1 (of AI), balanced accuracy and AUROC of P(AI) against labels.

    A metric of our own: `evaluate.load` would download and run a script from the hub.
    """

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=self.__doc__ or "",
            citation="",
            inputs_description="predictions: P(AI) in [0, 1]; references: 0 = real, 1 = ai",
            features=datasets.Features(
                {"predictions": datasets.Value("float64"), "references": datasets.Value("int64")}
            ),
        )

    def _compute(self, predictions: Any, references: Any) -> dict[str, float]:
        scores, labels = np.asarray(predictions), np.asarray(references)
        calls = (scores >= 0.5).astype(int)
        precision, recall, f1, _ = precision_recall_fscore_support(
            labels, calls, average="binary", zero_division=0
        )
        return {
            "accuracy": float((calls == labels).mean()),
            "precision": float(precision),
            "recall": float(recall),
            "f1": float(f1),
            "balanced_accuracy": float(balanced_accuracy_score(labels, calls)),
            "roc_auc": float(roc_auc_score(labels, scores)),
        }


class EpochMetrics:
    """`compute_metrics` of the Trainer: `views` rows of logits in turn belong to one picture."""

    def __init__(self, views: int) -> None:
        self.views = views
        self.metric = DetectionMetrics(keep_in_memory=True)

    def __call__(self, prediction: EvalPrediction) -> dict[str, float]:
        logits = np.asarray(prediction.predictions, np.float64)
        log_odds = (logits[:, 1] - logits[:, 0]).reshape(-1, self.views).mean(1)
        labels = np.asarray(prediction.label_ids).reshape(-1, self.views)[:, 0]
        figures: dict[str, float] = self.metric.compute(
            predictions=expit(log_odds), references=labels
        )
        return figures
