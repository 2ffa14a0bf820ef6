"""The paper of the PDFs: its frame, a font that has most scripts, and what parts are made of."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos
from fpdf.fonts import TTFFont
from PIL import Image

from detector.inference.names import printable

from .content import PAPERS, Pairs
from .file_story import Station

TWIN_NAME = "report.json"
FONTS = Path(__file__).parent / "fonts"
FONT = "DejaVu"
# Stands for a character that the font does not have.
MISSING = "\N{WHITE SQUARE}"
# Millimetres, but for the sizes of letters, which are points.
MARGIN, GAP, LABEL_WIDTH, LINE = 15.0, 4.0, 42.0, 4.4
BODY, SMALL, HEADING, TITLE = 9.0, 7.5, 11.0, 17.0
# The longer side of a picture in pixels: 300 dots an inch on paper.
PICTURE_PIXELS, PICTURE_QUALITY = 732, 85
INK, MUTED, RULE, SHADE = (20, 34, 43), (82, 97, 107), (216, 223, 227), (237, 240, 242)
NEXT: Any = {"new_x": XPos.LMARGIN, "new_y": YPos.NEXT}
SQUARE = gettext_noop(
    "%(square)s stands for a character that the font of this document does not have. The attached "
    "%(file)s has every text in full."
)


@dataclass(frozen=True)
class Frame:
    """What stands on every page: the title, when it was made, in words too, and the key."""

    title: str
    moment: datetime
    said_moment: str
    public_key: str


class Paper(FPDF):
    """A document with a header and a footer, onto which parts are written. Raises `ValueError`."""

    def __init__(self, frame: Frame, paper: str) -> None:
        if paper not in PAPERS:
            raise ValueError(f"The paper is {paper!r}; accepted are {' and '.join(PAPERS)}.")
        super().__init__(format=paper)
        self._frame = frame
        self._lacks_a_character = False
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, MARGIN + 2 * LINE)
        self.add_font(FONT, "", FONTS / "DejaVuSans.ttf")
        self.add_font(FONT, "B", FONTS / "DejaVuSans-Bold.ttf")
        font = self.fonts[FONT.lower()]
        self._characters = set(font.cmap) if isinstance(font, TTFFont) else set()
        self.set_lang(get_language() or "en-GB")
        self.set_title(f"{frame.title} · {_('Report of the AI Image Detector')}")
        self.set_producer("AI Image Detector")
        self.set_creation_date(frame.moment)
        self.alias_nb_pages()
        self.add_page()

    def header(self) -> None:
        self._set(SMALL, MUTED)
        half = self.epw / 2
        self.cell(half, LINE, _("Report of the AI Image Detector"))
        self.cell(half, LINE, self._frame.said_moment, align="R", **NEXT)
        self._rule()

    def footer(self) -> None:
        self.set_y(-MARGIN - LINE)
        self._set(SMALL, MUTED)
        key = self._frame.public_key
        check = _("Check it with: %(command)s") % {"command": "manage.py verify_report FILE"}
        self.cell(0, LINE, _("Signed with the Ed25519 key %(key)s") % {"key": key[:32]}, **NEXT)
        self.cell(self.epw - 20, LINE, f"{key[32:]}. {check}")
        self.cell(20, LINE, f"{self.page_no()} / {{nb}}", align="R")

    def finish(self, twin: bytes) -> bytes:
        """The PDF, with the twin attached."""
        self.embed_file(bytes=twin, basename=TWIN_NAME, desc=_("This report for machines, signed"))
        return bytes(self.output())

    # What parts are made of

    def _set(self, size: float, colour: tuple[int, int, int] = INK, *, bold: bool = False) -> None:
        self.set_font(FONT, "B" if bold else "", size)
        self.set_text_color(*colour)

    def _shown(self, text: str) -> str:
        """The text in characters that the font has, all on lines of their own."""
        lines = (printable(line) for line in text.splitlines())
        clean = "\n".join(lines)
        shown = "".join(c if c == "\n" or ord(c) in self._characters else MISSING for c in clean)
        self._lacks_a_character |= shown != clean
        return shown

    def _text(
        self,
        text: str,
        size: float = BODY,
        colour: tuple[int, int, int] = INK,
        *,
        bold: bool = False,
        indent: float = 0,
    ) -> None:
        self._set(size, colour, bold=bold)
        self.set_x(self.l_margin + indent)
        height = max(LINE, size * 0.46)
        self.multi_cell(0, height, self._shown(text), align="L", **NEXT)

    def _heading(self, text: str) -> None:
        if self.will_page_break(4 * LINE):
            self.add_page()
        self.ln(2)
        self._text(text, HEADING, bold=True)
        self.ln(0.5)

    def _pairs(self, pairs: Pairs) -> None:
        for name, value in pairs:
            self._set(SMALL + 0.5, MUTED)
            self.cell(LABEL_WIDTH, LINE, self._shown(name))
            self._set(SMALL + 0.5)
            self.multi_cell(
                0, LINE, self._shown(value), align="L", wrapmode=WrapMode.CHAR,
                **NEXT
            )  # fmt: skip

    def _rule(self) -> None:
        self.set_draw_color(*RULE)
        y = self.get_y() + 1
        self.line(self.l_margin, y, self.w - MARGIN, y)
        self.set_y(y + 2)

    def _station(self, station: Station) -> None:
        """What a file says at one time of its life."""
        self._text(station.title, BODY, bold=True)
        for entry in station.entries:
            place = _(", in %(where)s") % {"where": entry.where} if entry.where else ""
            self._text(f"{entry.text} ({entry.worth}{place})", indent=3)

    def _picture_at_edge(self, picture: bytes, side: float, alt: str) -> float:
        """Draws it at the right edge, in a square of this side; returns the y below it."""
        top = self.get_y() + 1
        jpeg, ratio = to_jpeg(picture)
        width, height = side * min(1, ratio), side / max(1, ratio)
        self.image(jpeg, self.w - MARGIN - width, top, width, height, alt_text=alt)
        return top + height

    def _row_of_pictures(self, pictures: Sequence[tuple[str, bytes]]) -> None:
        """Pictures side by side, each with its words below it."""
        width = (self.epw - GAP * (len(pictures) - 1)) / len(pictures)
        drawn = [(words, *to_jpeg(picture)) for words, picture in pictures]
        height = min(max(width / ratio for _words, _jpeg, ratio in drawn), width * 1.5)
        if self.will_page_break(height + 2 * LINE):
            self.add_page()
        top = self.get_y() + 1
        for number, (words, jpeg, ratio) in enumerate(drawn):
            left, own = self.l_margin + number * (width + GAP), min(width, height * ratio)
            self.image(jpeg, left, top, own, own / ratio, alt_text=words)
            self.set_xy(left, top + height)
            self._set(SMALL, MUTED)
            self.cell(width, LINE, self._shown(words))
        self.set_y(top + height + LINE + 1)

    def _say_missing(self) -> None:
        """What a square stands for, if there is one."""
        if self._lacks_a_character:
            self._text(_(SQUARE) % {"square": MISSING, "file": TWIN_NAME}, SMALL, MUTED)


def to_jpeg(picture: bytes) -> tuple[io.BytesIO, float]:
    """A small JPEG of a picture, and its width by its height."""
    with Image.open(io.BytesIO(picture)) as image:
        rgb = image.convert("RGB")
    rgb.thumbnail((PICTURE_PIXELS, PICTURE_PIXELS))
    jpeg = io.BytesIO()
    rgb.save(jpeg, "JPEG", quality=PICTURE_QUALITY)
    return jpeg, rgb.width / rgb.height
