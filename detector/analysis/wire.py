"""How an answer travels from an analysis process to its parent: JSON and WebP, each in a frame.

Not pickled: whoever takes over a decoder with a picture must not reach the parent with an answer.
"""

from __future__ import annotations

import json
from multiprocessing.connection import Connection
from typing import Any

from detector.comparison.result import VIEWS, ComparisonResult
from detector.inference.images import ImageError
from detector.inference.results import Verdict

from .answers import PICTURES, Assessment, ComparisonAnswer

MAX_FRAME = 64 * 2**20  # bytes; a frame that is longer is no answer
Channel = Connection


class Shortage(Exception):
    """The analysis came to the end of its memory."""


def send(channel: Channel, assessment: Assessment) -> None:
    """Send a whole assessment: the data, then each picture."""
    verdict, likeness = assessment.verdict.to_dict(), assessment.likeness
    _send_json(channel, {"verdict": verdict, "likeness": likeness})
    for name in PICTURES:
        channel.send_bytes(getattr(assessment, name))


def send_comparison(channel: Channel, answer: ComparisonAnswer) -> None:
    """Send a whole comparison: the data, then each picture."""
    names = list(answer.pictures)
    _send_json(channel, {"comparison": answer.result.to_dict(), "pictures": names})
    for name in names:
        channel.send_bytes(answer.pictures[name])


def send_refusal(channel: Channel, sentence: str) -> None:
    """Send what the user is told instead of a result."""
    _send_json(channel, {"refused": sentence})


def send_shortage(channel: Channel) -> None:
    """Send that the memory did not suffice."""
    _send_json(channel, {"shortage": True})


def _send_json(channel: Channel, data: dict[str, Any]) -> None:
    channel.send_bytes(json.dumps(data).encode())


def receive(channel: Channel) -> Assessment:
    """The next answer.

    Raises `ImageError` for a refusal and `Shortage` where the memory did not suffice; `EOFError`
    or `OSError` where the process has ended, `ValueError` for what is no answer.
    """
    data = _receive_json(channel)
    verdict = Verdict.from_dict(data.get("verdict") or {})
    pictures: dict[str, Any] = {name: channel.recv_bytes(MAX_FRAME) for name in PICTURES}
    return Assessment(verdict, likeness=str(data.get("likeness", "")), **pictures)


def receive_comparison(channel: Channel) -> ComparisonAnswer:
    """The next answer, of a comparison; raises what `receive` raises."""
    data = _receive_json(channel)
    result = ComparisonResult.from_dict(data.get("comparison"))
    expected = [pair.view(name) for pair in result.pairs if pair.has_views for name in VIEWS]
    if data.get("pictures") != expected:
        raise ValueError("The pictures of the comparison are not those of its result.")
    return ComparisonAnswer(result, {name: channel.recv_bytes(MAX_FRAME) for name in expected})


def _receive_json(channel: Channel) -> dict[str, Any]:
    data: Any = json.loads(channel.recv_bytes(MAX_FRAME))
    if not isinstance(data, dict):
        raise ValueError("An answer is a JSON object.")
    if "refused" in data:
        raise ImageError(str(data["refused"]))
    if "shortage" in data:
        raise Shortage
    return data
