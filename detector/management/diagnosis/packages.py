"""Which packages are installed, and whether in the releases that were tested."""

from __future__ import annotations

import platform
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from django.conf import settings

from .finding import Finding, fault, note, ok, warning

# The groups of pyproject.toml that an operator may want: what for, and the command that installs
# them. Serving comes first: without it nothing works.
GROUPS = {
    "serve": ("serving", "`make run` installs them."),
    "scale": ("several machines and Parquet", "`make scale` installs them."),
    "train": ("training and fine-tuning", "`make training` installs them."),
    "ray": ("scanning on a Ray cluster", "`make ray` installs them."),
}
PINNED = re.compile(r"([A-Za-z0-9._-]+)(?:\[.*\])?===?(\S+)")


def diagnose() -> Iterator[Finding]:
    """The release of Python, then the packages of each group."""
    yield ok(f"Python {platform.python_version()} on {platform.system()} {platform.release()}.")
    try:
        groups = _read_groups()
    except FileNotFoundError:  # an image of a container has what its locks say, and no more
        yield note("Which releases were tested is not known here: pyproject.toml is missing.")
        return
    for group, (purpose, remedy) in GROUPS.items():
        yield _diagnose_group(groups[group], purpose, remedy, is_needed=group == "serve")


def _read_groups() -> dict[str, dict[str, str]]:
    """By group the release of each package by its name."""
    text = (settings.BASE_DIR / "pyproject.toml").read_text()
    groups = tomllib.loads(text)["dependency-groups"]
    return {
        group: {match[1]: match[2] for line in lines if (match := PINNED.fullmatch(line))}
        for group, lines in groups.items()
    }


def _diagnose_group(
    pinned: dict[str, str], purpose: str, remedy: str, *, is_needed: bool
) -> Finding:
    installed = {name: _installed(name) for name in pinned}
    missing = sorted(name for name, release in installed.items() if release is None)
    if missing:
        text = f"Packages for {purpose} are missing: {', '.join(missing)}."
        return (fault if is_needed else note)(text, remedy)
    others = [f"{name} {installed[name]}" for name in pinned if not _is(name, pinned, installed)]
    if others:
        text = f"Packages for {purpose} have another release than was tested: {', '.join(others)}."
        return warning(text, remedy)
    return ok(f"All {len(pinned)} packages for {purpose} are installed as tested.")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _is(name: str, pinned: dict[str, str], installed: dict[str, str | None]) -> bool:
    """Whether the release is the one that was tested; a build such as 2.1+cpu is the same."""
    return (installed[name] or "").partition("+")[0] == pinned[name]
