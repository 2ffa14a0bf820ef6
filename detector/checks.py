"""System checks: what an installation lacks, said by `manage.py check` without loading a model."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from .inference.methods import METHODS
from .inference.runtime import WEIGHTS_DIR
from .installation import find_trust_lists


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
def trust_lists_are_certificates(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E002 for each list of trusted authorities that cannot be used: nobody on it is trusted."""
    # Not at the top: a start must not wait for the package of one method.
    from .inference.trust_lists import read_trust

    own = "Name a PEM file, or leave the setting empty to use the lists of the C2PA alone."
    listed = "Run `manage.py update_trust_list` with a PEM file, or with --restore."
    anchors = read_trust((), settings.C2PA_TRUST_ANCHORS).faults
    lists = read_trust(find_trust_lists(), None).faults
    found = [(f"C2PA_TRUST_ANCHORS: {fault}.", own) for fault in anchors]
    found += [(f"Trust list: {fault}.", listed) for fault in lists]
    return [Error(text, hint=hint, id="detector.E002") for text, hint in found]
