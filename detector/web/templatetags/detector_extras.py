"""Words and numbers as the pages show them."""

from __future__ import annotations

import base64
import io
import math
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext, gettext_noop, ngettext
from PIL import Image

from detector.inference.wording import retell, words, write_number
from detector.reports.words import percent, prediction_word, say_limits, signal_word

register = template.Library()

PICTURE_KINDS = {
    "photograph": gettext_noop("photograph"),
    "art": gettext_noop("work of art"),
    "graphic": gettext_noop("graphic"),
    "render": gettext_noop("computer rendering"),
    "screenshot": gettext_noop("screenshot"),
    "document": gettext_noop("document"),
}
BASES = {
    "trusted_signature": gettext_noop("a trusted signature"),
    "file": gettext_noop("what the file says"),
    "pixels": gettext_noop("the pixels"),
    "nothing": gettext_noop("nothing"),
}
STATES = {"pre-trained": gettext_noop("public model"), "bundled": gettext_noop("built in")}

register.filter("percent", percent)
register.filter("prediction_word", prediction_word)
register.filter("signal_word", signal_word)
# A text that a result keeps in English, in the language of the page: of a table of the catalogue.
register.filter("told", retell)
register.simple_tag(say_limits, name="limits_of_a_result")


@register.filter
def outcome_word(outcome: str) -> str:
    """The outcome in words; an unknown one is shown as it is."""
    return words("outcome", outcome).strip('"')


@register.filter
def lean_word(lean: str) -> str:
    """The side that an uncertain result leans to: "leans towards AI"."""
    return words("lean", lean)


@register.filter
def kind_word(kind: str) -> str:
    """The kind of a picture; an unknown one is shown as it is."""
    return gettext(PICTURE_KINDS[kind]) if kind in PICTURE_KINDS else kind


@register.filter
def state_word(state: str) -> str:
    """Where the weights of a member come from; "FINE-TUNED" is a mark and stays as it is."""
    return gettext(STATES[state]) if state in STATES else state


@register.filter
def reshipping_word(name: str) -> str:
    """What was done to a copy of the picture, in words."""
    return words("reshipping", name)


@register.filter
def moment(time: datetime) -> str:
    """Day, time and zone, as the language writes them."""
    return f"{date_format(time, 'DATE_FORMAT')}, {date_format(time, 'H:i e')}"


@register.filter
def basis_word(basis: str) -> str:
    """What an outcome rests on, in words; an unknown one is shown as it is."""
    return gettext(BASES[basis]) if basis in BASES else basis


@register.filter
def time_left(seconds: float) -> str:
    """A time to wait, in one unit and rounded up: nobody is sure of the seconds."""
    if seconds < 60:
        return gettext("less than a minute left")
    minutes = math.ceil(seconds / 60)
    if minutes < 90:
        said = ngettext("about %(count)d minute left", "about %(count)d minutes left", minutes)
        return said % {"count": minutes}
    return gettext("about %(count)d hours left") % {"count": math.ceil(minutes / 60)}


@register.filter
def place(score: float) -> str:
    """Where a probability lies on a scale from 0 to 100, for an attribute of SVG."""
    return f"{100 * score:.1f}"


@register.filter
def share(value: float) -> str:
    """A measured share, in per cent with one place: "1.3 %"."""
    return write_number(value, ".1%").replace("\u00a0", "").replace("%", "\u00a0%")


@register.filter
def spaced(name: str) -> str:
    """The name of an argument as words: "batch_size" as "batch size"."""
    return name.replace("_", " ")


@register.filter
def ago(moment: datetime) -> str:
    """How long ago, in one unit: the server does not know the reader's time zone."""
    if timezone.now() - moment < timedelta(minutes=1):
        return gettext("just now")
    return gettext("%(time)s ago") % {"time": timesince(moment, depth=1)}


@register.filter
def grey_picture(levels: str) -> str:
    """A square picture from its grey levels, one byte each in base64, as the URI of a PNG."""
    data = base64.b64decode(levels)
    side = math.isqrt(len(data))
    png = io.BytesIO()
    Image.frombytes("L", (side, side), data).save(png, "PNG")
    return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
