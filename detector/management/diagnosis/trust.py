"""Whose Content Credentials would be trusted."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from detector.inference.trust_lists import read_trust
from detector.installation import find_trust_lists

from .finding import Finding, fault, note, ok, warning


def diagnose() -> Iterator[Finding]:
    """The lists in force, and those that cannot be used."""
    trust = read_trust(find_trust_lists(), settings.C2PA_TRUST_ANCHORS)
    for trust_list in trust.lists:
        yield ok(f"{len(trust_list.certificates)} authorities of the {trust_list.name}.")
    for sentence in trust.faults:
        yield fault(f"{sentence}.", "Run `manage.py update_trust_list`, with a file or --restore.")
    if not settings.C2PA_TRUST_LIST:
        yield warning("The lists of the C2PA are off.", "C2PA_TRUST_LIST=on uses them.")
    if settings.C2PA_TRUST_ANCHORS is None:
        yield note("No authorities of your own are trusted.", "C2PA_TRUST_ANCHORS names a file.")
