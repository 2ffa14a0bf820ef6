"""Method 3: what the file itself says about where it came from.

Reads the original bytes: the settings, graphs and job numbers that generators leave, and the
declarations of the IPTC and GB 45438 standards. Containers are walked and payloads parsed; a string
somewhere in the file is no evidence.

What it misses: everything that was stripped, which social networks do to most pictures. A file that
says nothing proves nothing, and what a file says can be forged; so it may argue for AI, never for
"real". The one exception is a camera's signed statement (C2PA) from a signer whom the operator
trusts.
"""

from __future__ import annotations

        add_stealth(image, metadata)
        credentials = find_credentials(image, metadata, self.runtime.trust_anchors)
        evidence = _distinct(
            chain(
                read_credentials(credentials),
                collect(metadata),
                read_watermarks(image),
                read_structure(image, metadata),
            )
        )
        findings = _in_order(evidence)
        return Answer(
            score=score_evidence(findings),
            findings=findings,
            used=", ".join(metadata.containers),
            details=_details(evidence, credentials),
        )


def score_evidence(findings: Sequence[Finding]) -> float | None:
    """P(AI) by the strongest claim; None if there is none, or if two contradict each other.

    `findings` come strongest first.
    """
    grounds = weigh(findings)
    if grounds.conflict:
        return None
    if grounds.decisive and grounds.decisive.claim == "real":
        return 1 - SCORES["decisive"]
    claims = [finding for finding in findings if finding.claim == "ai"]
    return SCORES[claims[0].strength] if claims else None


def collect(metadata: Metadata) -> Iterator[Evidence]:
    """What every reader finds, then what could not be read."""
    for reader in READERS:
        yield from reader(metadata)
    for where, why in metadata.problems.items():
        yield context(f"A part of the file cannot be read ({where}): {why}", "unreadable", where)


def _distinct(evidence: Iterator[Evidence]) -> list[Evidence]:
    """One of a kind from each place: a file may repeat the same text a hundred times."""
    found: dict[tuple[str, str], Evidence] = {}
    for item in evidence:
        key = (item.finding.kind, item.finding.where)
        if key not in found or _by_strength(item.finding) < _by_strength(found[key].finding):
            found[key] = item
    return list(found.values())


def _by_strength(finding: Finding) -> float:
    """Decisive evidence first, context last; equals stay in the order of the readers."""
    return -SCORES.get(finding.strength, 0.0)


def _in_order(evidence: list[Evidence]) -> tuple[Finding, ...]:
    """The strongest finding first; before them all that nothing claims anything, if so."""
    findings = tuple(sorted((item.finding for item in evidence), key=_by_strength))
    if any(finding.claim in ("ai", "real") for finding in findings):
        return findings
    return (Finding(SILENCE, "silent"), *findings)


def _details(evidence: list[Evidence], credentials: Credentials | None) -> dict[str, Any]:
    """The table of generation parameters, each row once, and the Content Credentials."""
    rows = dict.fromkeys(row for item in evidence for row in item.rows)
    table = {"table": [list(row) for row in rows]} if rows else {}
    return table | ({"credentials": credentials.to_dict()} if credentials else {})
