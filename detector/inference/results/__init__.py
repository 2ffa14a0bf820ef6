"""The answers of the methods about a picture, and the verdict of all methods together.

Every score is the probability that the picture was made by an AI: 0 is real, 1 is AI, in every
method, without exception. `Verdict.to_dict()` is the one JSON that page, API, command line and
database share; `schema.json` describes it.
"""

from .agreement import Agreement
from .file_facts import FileFacts
from .finding import Claim, Finding, Note, Strength
from .method_result import (
    LEAN_AI,
    LEAN_REAL,
    MAX_WEIGHT,
    Exhibit,
    ExhibitKind,
    MethodResult,
    Role,
    Side,
    Status,
    check_score,
    lean_of,
    write_title,
)
from .provenance import Act, Declaration
from .reading import InvalidResult
from .verdict import (
    SCHEMA,
    Basis,
    ExpectedErrors,
    Label,
    Outcome,
    Signal,
    Stability,
    Thresholds,
    Verdict,
)

__all__ = (
    "LEAN_AI",
    "LEAN_REAL",
    "MAX_WEIGHT",
    "SCHEMA",
    "Act",
    "Agreement",
    "Basis",
    "Claim",
    "Declaration",
    "Exhibit",
    "ExhibitKind",
    "ExpectedErrors",
    "FileFacts",
    "Finding",
    "InvalidResult",
    "Label",
    "MethodResult",
    "Note",
    "Outcome",
    "Role",
    "Side",
    "Signal",
    "Stability",
    "Status",
    "Strength",
    "Thresholds",
    "Verdict",
    "check_score",
    "lean_of",
    "write_title",
)
