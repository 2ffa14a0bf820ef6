"""Why the verdict is what it is, in plain words that follow from the numbers alone."""

from __future__ import annotations

from detector.inference.results import Agreement, Finding, Label, MethodResult, Thresholds

from .grounds import Grounds

# Log-odds by which a method must move the verdict to be named as a side of a disagreement.
SUBSTANTIAL = 0.5
_YET = " Yet something in the file speaks for an AI: see its findings."


def agree(results: tuple[MethodResult, ...]) -> Agreement:
    """How far the methods that gave a score agree."""
    leans = [r.lean for r in results if r.lean is not None]
    ai, real, unsure = (leans.count(side) for side in ("ai", "real", "uncertain"))
    return Agreement(ai, real, unsure, _agreement_text(ai, real, unsure))


def _agreement_text(ai: int, real: int, unsure: int) -> str:
    total = ai + real + unsure
    if total == 0:
        return "No method could give a score."
    if total == 1:
        return "Only one method could give a score."
    if total in (ai, real):
        return f"All {total} methods that gave a score lean the same way."
    if total == unsure:
        return f"None of the {total} methods that gave a score leans to a side."
    parts = [(ai, "towards AI"), (real, "towards real"), (unsure, "to neither side")]
    said = [f"{n} {'leans' if n == 1 else 'lean'} {side}" for n, side in parts if n]
    split = "The methods disagree" if ai and real else "The methods agree in part"
    return f"{split}: of {total} that gave a score, {', '.join(said)}."


def explain(
    label: Label,
    score: float,
    results: tuple[MethodResult, ...],
    grounds: Grounds,
    thresholds: Thresholds,
    contributions: dict[str, float],
) -> str:
    """A paragraph in plain words that follows from the numbers alone."""
    if grounds.decisive:
        return _explain_evidence(grounds.decisive, results)
    if grounds.conflict:
        return _explain_conflict(*grounds.conflict)
    if all(result.score is None for result in results):
        silent = "No method could say anything about this picture."
        return f"{silent}{_explain_silence(results)}"
    said = _explain_score(label, score, thresholds)
    if label == "real":
        said += _explain_real(results)
    sides = _explain_sides(results, contributions) or agree(results).text
    most = _explain_most(results, contributions)
    idle = _explain_no_weight(results, contributions)
    return f"{said} {sides}{most}{idle}{_explain_silence(results)}"


def _explain_sides(results: tuple[MethodResult, ...], contributions: dict[str, float]) -> str:
    """Which methods argue for which side, if there are substantial ones on both; else nothing."""
    moves = [(_name(result), contributions.get(result.key, 0.0)) for result in results]
    ai = [name for name, move in moves if move >= SUBSTANTIAL]
    real = [name for name, move in moves if move <= -SUBSTANTIAL]
    if not (ai and real):
        return ""
    argue = "argue" if len(ai) > 1 else "argues"
    said = f"{' and '.join(ai)} {argue} for AI, {' and '.join(real)} for real."
    return said[0].upper() + said[1:]


def _explain_most(results: tuple[MethodResult, ...], contributions: dict[str, float]) -> str:
    """The method that moved the verdict most, if several moved it."""
    moved = [result for result in results if contributions.get(result.key)]
    if len(moved) < 2:
        return ""
    most = _name(max(moved, key=lambda result: abs(contributions[result.key])))
    return f" {most.capitalize()} moved it most."


def _explain_no_weight(results: tuple[MethodResult, ...], contributions: dict[str, float]) -> str:
    """The methods whose score is shown but does not count; nothing if all count."""
    idle = [_name(r) for r in results if r.score is not None and contributions.get(r.key) == 0]
    if not idle:
        return ""
    have, their = ("have", "their scores") if len(idle) > 1 else ("has", "its score")
    said = f"{' and '.join(idle)} {have} no weight: on pictures of known origin, {their}"
    return f" {said[0].upper()}{said[1:]} added nothing to the other methods."


def _name(result: MethodResult) -> str:
    """What a method is called within a sentence: "method 1"."""
    return result.title.partition(":")[0].lower()


def _explain_evidence(decisive: Finding, results: tuple[MethodResult, ...]) -> str:
    if decisive.signed:
        worth = "It is signed by a signer whom this installation trusts."
    else:
        worth = "Such data can be forged or copied into another file."
    against = decisive.claim == "real" and _speaks_for_ai(results)
    return (
        f"The file itself says so: {decisive.text} This decides the verdict; what the methods see "
        f"in the pixels does not change it. {worth}{_YET if against else ''}"
    )


def _explain_conflict(ai: Finding, camera: Finding) -> str:
    return (
        f"The file contradicts itself: {ai.text} Yet: {camera.text} At least one of the two does "
        "not belong to this picture, or a photograph was reworked by an AI; which one, the file "
        "cannot tell. So we take no side, whatever the methods see in the pixels."
    )


def _explain_score(label: Label, score: float, thresholds: Thresholds) -> str:
    # One decimal: a score just below a threshold must not read as if it had reached it.
    chance, ai, real = f"{score:.1%}", f"{thresholds.ai:.1%}", f"{thresholds.real:.1%}"
    together = f"The methods together put the chance that an AI made this picture at {chance}"
    return {
        "ai": f"{together}, at or above the {ai} from which we say so.",
        "real": f"{together}, at or below the {real} up to which we call it likely real.",
        "uncertain": f"The evidence is not strong enough for either side: the chance that an AI "
        f"made this picture is put at {chance}, and only from {ai} up or from {real} down do we "
        "take a side.",
    }[label]


def _explain_real(results: tuple[MethodResult, ...]) -> str:
    if _speaks_for_ai(results):
        return _YET
    return " No trace of a generator was found, which is not a proof that there is none."


def _speaks_for_ai(results: tuple[MethodResult, ...]) -> bool:
    return any(finding.claim == "ai" for result in results for finding in result.findings)


def _explain_silence(results: tuple[MethodResult, ...]) -> str:
    silent = [r.title.partition(": ")[2] for r in results if r.status in ("unavailable", "error")]
    return f" Without an answer: {', '.join(silent)}." if silent else ""
