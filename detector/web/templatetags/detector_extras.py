"""Words and numbers as the pages show them."""

from __future__ import annotations

import base64
import io
import math
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from PIL import Image

from detector.inference.wording import words
from detector.inference.wording.verdict import LEANS, OUTCOMES
from detector.reports.words import LIMITS, PREDICTIONS, SIGNALS, percent

register = template.Library()

BASES = {
    "trusted_signature": "a trusted signature",
    "file": "what the file says",
    "pixels": "the pixels",
    "nothing": "nothing",
}
STATES = {"pre-trained": "public model", "bundled": "built in"}

register.filter("percent", percent)


@register.filter
def outcome_word(outcome: str) -> str:
    """The outcome in words; an unknown one is shown as it is."""
    return OUTCOMES.get(outcome, outcome)


@register.filter
def lean_word(lean: str) -> str:
    """The side that an uncertain result leans to: "leans towards AI"."""
    return LEANS[lean]


@register.filter
def prediction_word(kind: str) -> str:
    """The side that a method leans to, or its status where it gave no score."""
    return PREDICTIONS.get(kind, kind)


@register.filter
def state_word(state: str) -> str:
    """Where the weights of a member come from; "FINE-TUNED" is a mark and stays as it is."""
    return STATES.get(state, state)


@register.filter
def signal_word(signal: str) -> str:
    """What the file states, in the words of the C2PA."""
    return SIGNALS.get(signal, signal)


@register.filter
def reshipping_word(name: str) -> str:
    """What was done to a copy of the picture, in words."""
    return words("reshipping", name)


@register.simple_tag
def limits_of_a_result() -> tuple[str, ...]:
    """What a result does and does not tell, in paragraphs."""
    return LIMITS


@register.filter
def basis_word(basis: str) -> str:
    """What an outcome rests on, in words; an unknown one is shown as it is."""
    return BASES.get(basis, basis)


@register.filter
def time_left(seconds: float) -> str:
    """A time to wait, in one unit and rounded up: nobody is sure of the seconds."""
    if seconds < 60:
        return "less than a minute left"
    minutes = math.ceil(seconds / 60)
    if minutes < 90:
        return f"about {minutes} minute{'s' if minutes > 1 else ''} left"
    return f"about {math.ceil(minutes / 60)} hours left"


@register.filter
def place(score: float) -> str:
    """Where a probability lies on a scale from 0 to 100, for an attribute of SVG."""
    return f"{100 * score:.1f}"


@register.filter
def share(value: float) -> str:
    """A measured share, in per cent with one place: "1.3 %"."""
    return f"{value:.1%}".replace("%", "\u00a0%")


@register.filter
def spaced(name: str) -> str:
    """The name of an argument as words: "batch_size" as "batch size"."""
    return name.replace("_", " ")


@register.filter
def ago(moment: datetime) -> str:
    """How long ago, in one unit: the server does not know the reader's time zone."""
    if timezone.now() - moment < timedelta(minutes=1):
        return "just now"
    return f"{timesince(moment, depth=1)} ago"


@register.filter
def grey_picture(levels: str) -> str:
    """A square picture from its grey levels, one byte each in base64, as the URI of a PNG."""
    data = base64.b64decode(levels)
    side = math.isqrt(len(data))
    png = io.BytesIO()
    Image.frombytes("L", (side, side), data).save(png, "PNG")
    return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
