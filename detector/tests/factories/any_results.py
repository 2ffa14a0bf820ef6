"""Whole results, drawn at random by hypothesis as the types allow."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import strategies as st

from detector.inference.results import (
    Act,
    Agreement,
    Basis,
    Claim,
    Declaration,
    Exhibit,
    ExhibitKind,
    ExpectedErrors,
    FileFacts,
    Finding,
    Label,
    MethodResult,
    Note,
    Outcome,
    Role,
    Side,
    Signal,
    Stability,
    Status,
    Strength,
    Thresholds,
    Verdict,
)

from .sentences import CODE

texts = st.text(max_size=20)
codes = st.just(CODE)
params = st.fixed_dictionaries({"text": texts})
values = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=5,
)


def rounded(low: float, high: float, digits: int) -> st.SearchStrategy[float]:
    """Numbers as the JSON has them."""
    return st.floats(low, high).map(lambda value: round(value, digits))


def one_of(kind: Any) -> st.SearchStrategy[Any]:
    """One of the words of a `Literal`."""
    return st.sampled_from(get_args(kind))


scores = st.none() | rounded(0, 1, 4)
notes = st.builds(Note, codes, params)
findings = st.builds(
    Finding,
    codes,
    params,
    kind=texts,
    claim=st.none() | one_of(Claim),
    where=texts,
    strength=one_of(Strength),
    signed=st.booleans(),
)
declarations = st.builds(
    Declaration,
    codes,
    params,
    who=texts,
    tool=texts,
    action=one_of(Act),
    signed=st.booleans(),
    valid=st.none() | st.booleans(),
    trusted=st.none() | st.booleans(),
    trust_note=texts,
    when=texts,
    where=texts,
    outcome_evidence=st.sampled_from([None, "ai", "ai_edited", "captured"]),
)
exhibits = st.builds(Exhibit, one_of(ExhibitKind), st.dictionaries(texts, values, max_size=3))
methods = st.builds(
    MethodResult,
    key=texts,
    number=st.integers(1, 9),
    name=texts,
    status=one_of(Status),
    score=scores,
    findings=st.lists(findings, max_size=2).map(tuple),
    exhibits=st.lists(exhibits, max_size=2).map(tuple),
    used=texts,
    role=one_of(Role),
    weight=rounded(0, 3, 4),
    elapsed_ms=rounded(0, 9999, 1),
    declarations=st.just(()),
    least_weight=st.none() | rounded(0, 1, 4),
    raw_log_odds=st.just({}),
)
verdicts = st.builds(
    Verdict,
    outcome=one_of(Outcome),
    label=one_of(Label),
    score=scores,
    thresholds=st.builds(Thresholds, rounded(0, 1, 4), rounded(0, 1, 4)),
    reason=texts,
    reasons=st.lists(notes, max_size=2).map(tuple),
    agreement=st.builds(Agreement, st.integers(), st.integers(), st.integers(), texts),
    methods=st.lists(methods, max_size=2).map(tuple),
    lean=st.none() | one_of(Side),
    basis=one_of(Basis),
    signal=one_of(Signal),
    declarations=st.lists(declarations, max_size=2).map(tuple),
    conflict=st.none() | notes,
    advice=st.lists(notes, max_size=3).map(tuple),
    expected_errors=st.none()
    | st.builds(
        ExpectedErrors,
        codes,
        params,
        kind=texts,
        condition=texts,
        n=st.integers(0, 999),
        wrong=st.integers(0, 999),
        low=rounded(0, 1, 4),
        high=rounded(0, 1, 4),
    ),
    stability=st.none()
    | st.builds(
        Stability,
        codes,
        params,
        scores=st.dictionaries(texts, rounded(0, 1, 4), max_size=2),
        holds=st.booleans(),
    ),
    kind=st.none() | texts,
    contributions=st.dictionaries(texts, rounded(-9, 9, 3), max_size=3),
    decided_by=st.none() | texts,
    moved_most=st.none() | texts,
    notes=st.lists(notes, max_size=2).map(tuple),
    elapsed_ms=rounded(0, 9999, 1),
    version=texts,
    weights=texts,
    code=texts,
    id=st.none() | texts,
    created=st.none() | texts,
    file=st.none()
    | st.builds(
        FileFacts,
        texts,
        st.integers(0, 10**9),
        texts,
        st.integers(1, 9999),
        st.integers(1, 9999),
        texts,
    ),
)
