"""The closing words of `prepare_genimage`, made from metadata.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from detector.inference.names import brief, printable

from .format_bias import ALARM
from .splits import SPLITS

MOST_FILES = 10
MOST_GENERATORS = 20


def summarise(metadata: dict[str, Any], *, by_user: bool) -> str:
    """Several lines for a terminal; `by_user`: --equalise or --no-equalise was given."""
    parts = [
        _table(metadata["counts"]),
        _generators(metadata),
        _duplicates(metadata["duplicates"]),
        *_left_out(metadata),
        *_format_bias(metadata["format_bias"]),
        *(f"Warning: {warning}" for warning in metadata["warnings"]),
        _equalise(metadata["equalise"], by_user),
    ]
    return "\n".join(parts)


def _table(counts: dict[str, Any]) -> str:
    lines = [f"{'':<8}{'AI':>10}{'real':>10}{'together':>10}"]
    for name in SPLITS:
        ai, real = counts[name]["ai"], counts[name]["real"]
        lines.append(f"{name:<8}{ai:>10,}{real:>10,}{ai + real:>10,}")
    return "\n".join(lines)


def _generators(metadata: dict[str, Any]) -> str:
    """Each generator with how many pictures of it are in train, val and test."""
    counts = [metadata["counts"][name]["generators"] for name in SPLITS]
    names = sorted({name for each in counts for name in each})
    parts = [
        f"{printable(name)} {' / '.join(f'{each.get(name, 0):,}' for each in counts)}"
        for name in names[:MOST_GENERATORS]
    ]
    if remainder := len(names) - len(parts):
        parts.append(f"{remainder} more")
    held_out = metadata["holdout_generators"]
    return f"Generators: {', '.join(parts)}." + (
        f" Held out for test: {', '.join(map(printable, held_out))}." if held_out else ""
    )


def _duplicates(counts: dict[str, int]) -> str:
    return (
        f"Duplicates, kept in one split: {counts['same_bytes']:,} of the same bytes, "
        f"{counts['look_alike']:,} that look alike; the largest group has "
        f"{counts['largest_group']:,}."
    )


def _left_out(metadata: dict[str, Any]) -> Iterator[str]:
    count, files = metadata["left_out"]["count"], metadata["left_out"]["files"]
    if count:
        yield f"Left out, since they cannot be read: {count:,}."
    for file in files[:MOST_FILES]:
        yield f"  {brief(file['path'])}: {file['reason']}"
    if remainder := count - len(files[:MOST_FILES]):
        yield f"  and {remainder:,} more, see metadata.json"
    outside = metadata["outside_layout"]
    if outside["count"]:
        yield (
            f"Left out, since their folders do not say which class they are: {outside['count']:,}, "
            f"the first is {brief(outside['first'])}."
        )
    yield from metadata["walk"]["said"]


def _format_bias(bias: dict[str, Any]) -> Iterator[str]:
    """Nothing where a warning tells the figure."""
    n = f"{bias['n_ai']:,} AI and {bias['n_real']:,} real pictures"
    if bias["roc_auc"] is None:
        yield f"Format bias: not measured, there are too few ({n})."
    elif bias["roc_auc_interval"][0] <= ALARM:
        low, high = bias["roc_auc_interval"]
        yield (
            f"Format bias: none to speak of; AUROC {bias['roc_auc']:.3f} (95 % interval {low:.3f} "
            f"to {high:.3f}) from format, size and compression alone, on {n}."
        )


def _equalise(equalise: dict[str, int] | None, by_user: bool) -> str:
    if equalise is None:
        return "Equalising is off: training and evaluation take the pictures as they are."
    reason = "" if by_user else " because of the format bias (--no-equalise turns it off)"
    return (
        f"Equalising is on{reason}: training and evaluation scale both classes down to at most "
        f"{equalise['side']} pixels on the shorter side and re-encode them as JPEG."
    )
