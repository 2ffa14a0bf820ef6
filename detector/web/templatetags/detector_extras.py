"""Words and numbers as the pages show them."""

from __future__ import annotations

import base64
import io
import math
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.timesince import timesince
from PIL import Image

from detector.inference.results import LABEL_WORDS

register = template.Library()

PREDICTIONS = {
    "ai": "AI",
    "real": "Real",
    "uncertain": "Unclear",
    "abstained": "Abstained",
    "unavailable": "Unavailable",
    "error": "Failed",
}


@register.filter
def verdict_word(label: str) -> str:
    """The verdict in words; an unknown one is shown as it is."""
    words = {str(name): word for name, word in LABEL_WORDS.items()}
    return str(capfirst(words.get(label, label)))


@register.filter
def prediction_word(kind: str) -> str:
    """A method's lean, or its status where it gave no score, in one word."""
    return PREDICTIONS.get(kind, kind)


@register.filter
def percent(score: float) -> str:
    """A probability in whole per cent; nothing is ever said to be 0% or 100% sure."""
    if score < 0.01:
        return "<1%"
    return ">99%" if score > 0.99 else f"{score:.0%}"


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
