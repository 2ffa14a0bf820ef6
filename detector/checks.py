"""System checks: what an installation lacks, said by `manage.py check` without loading a model."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from .inference.methods import METHODS
from .inference.runtime import WEIGHTS_DIR


@register()
def weights_are_present(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E001 without the fusion, W001 for each weights folder that is missing."""
    found: list[CheckMessage] = []
    if not (WEIGHTS_DIR / "fusion" / "config.json").is_file():
        hint = "Restore detector/weights/fusion or run `manage.py train_fusion`."
        found.append(Error("The fusion of the methods is missing.", hint=hint, id="detector.E001"))
    for spec in METHODS.values():
        for folder in spec.weights:
            if not (WEIGHTS_DIR / folder / "metrics.json").is_file():
                hint = f"Restore detector/weights/{folder} from the repository."
                text = f"{spec.title}: the weights that ship for it are missing."
                found.append(Warning(text, hint=hint, id="detector.W001"))
    return found


@register()
def trust_anchors_are_certificates(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E002 if C2PA_TRUST_ANCHORS names a file without certificates: no signer would be checked."""
    path = settings.C2PA_TRUST_ANCHORS
    if path is None:
        return []
    # Not at the top: a start must not wait for the package of one method.
    from .inference.methods.forensics.c2pa.trust import read_anchors

    try:
        read_anchors(path)
        return []
    except OSError as error:
        fault = f"cannot be read: {error.strerror}"
    except ValueError as error:
        fault = str(error)
    hint = "Name a PEM file, or leave it empty: then no signer of Content Credentials is checked."
    return [Error(f"C2PA_TRUST_ANCHORS: {path} {fault}.", hint=hint, id="detector.E002")]
