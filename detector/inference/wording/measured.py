"""How often an outcome is wrong, and whether it stays the same when a picture is passed on."""

from __future__ import annotations

from .plural import Entry, Plural

_LIKE = "{kind:kinds}[ {size:short_side}], {condition:measured_as}"
_SHARE = "In general, expect this error for {low:.1%} to {high:.1%} of such pictures."
_FEW = "[ Too few {asked:kinds} were measured for a figure of their own.]"
_FEW_AI = "[ Too few {asked:kinds} made by AI were measured for a figure of their own.]"
_LEFT_OUT = "[ Not possible for this picture: {left_out:reshipping}.]"
_CHANGES = (
    "The result changes when the picture is passed on.[ It would be “Likely made by AI” after "
    "{ai:reshipping}.][ It would be “No sign of AI found” after {no_sign:reshipping}.][ It would "
    "be “Cannot tell” after {uncertain:reshipping}.]"
)

SENTENCES: dict[str, Entry] = {
    "accuracy.of_100": "Of 100 AI pictures saved as {condition} it calls {found} AI and {missed} "
    "real, of 100 real ones {false} AI; the others it calls real or leaves uncertain.",
    # How often the outcome was wrong
    "expected.ai": Plural(
        "wrong",
        f"Of {{n:,}} real {_LIKE}, 1 was called “Likely made by AI”. {_SHARE}{_FEW}",
        f"Of {{n:,}} real {_LIKE}, {{wrong:,}} were called “Likely made by AI”. {_SHARE}{_FEW}",
    ),
    "expected.no_sign": Plural(
        "wrong",
        f"Of {{n:,}} {_LIKE} and made by AI, 1 was called “No sign of AI found”. {_SHARE}{_FEW_AI}",
        f"Of {{n:,}} {_LIKE} and made by AI, {{wrong:,}} were called “No sign of AI found”. "
        f"{_SHARE}{_FEW_AI}",
    ),
    "kinds.any": "pictures of all kinds",
    "kinds.photograph": "photographs",
    "kinds.art": "works of art",
    "kinds.graphic": "graphics",
    "kinds.render": "computer renderings",
    "kinds.screenshot": "screenshots",
    "kinds.document": "documents",
    "short_side.small": "with a short side below 512 pixels",
    "short_side.medium": "with a short side of 512 to 1,023 pixels",
    "short_side.large": "with a short side of 1,024 pixels or more",
    "measured_as.clean": "as original files",
    "measured_as.JPEG 95": "saved as JPEG of quality 95",
    "measured_as.JPEG 90": "saved as JPEG of quality 90",
    "measured_as.JPEG 85": "saved as JPEG of quality 85",
    "measured_as.JPEG 70": "saved as JPEG of quality 70",
    "measured_as.JPEG 50": "saved as JPEG of quality 50",
    "measured_as.JPEG 30": "saved as JPEG of quality 30",
    "measured_as.WebP 50": "saved as WebP of quality 50",
    # Whether the outcome stays the same when the picture is passed on
    "stability.holds": "The result stays the same when the picture is passed on. These changes "
    f"were tried: {{tried:reshipping}}.{_LEFT_OUT}",
    "stability.changes": f"{_CHANGES}{_LEFT_OUT}",
    "stability.crosses": f"{_CHANGES} These contradict each other, so we take no side.{_LEFT_OUT}",
    "stability.impossible": "The methods could not judge any changed copy of this picture, so "
    "nothing can be said about whether the result would stay the same.",
    "reshipping.JPEG 85": "saving as JPEG of quality 85",
    "reshipping.half size": "scaling to half the size",
    "reshipping.half size + JPEG 70": "scaling to half the size and saving as JPEG of quality 70",
    "reshipping.screenshot chain": "a screenshot on a phone, saved as JPEG",
}
