"""The PDF of a report: paper of either size, a font that has most scripts, the twin attached."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, TextEmphasis, WrapMode, XPos, YPos
from fpdf.fonts import FontFace, TTFFont
from PIL import Image

from detector.inference.names import printable

from .content import PAPERS, Content, MethodRow, Pairs
from .file_story import Station

TWIN_NAME = "report.json"
FONTS = Path(__file__).parent / "fonts"
FONT = "DejaVu"
# Stands for a character that the font does not have.
MISSING = "\N{WHITE SQUARE}"
# Millimetres, but for the sizes of letters, which are points.
MARGIN, GAP, PICTURE_SIDE, LABEL_WIDTH, LINE = 15.0, 4.0, 62.0, 42.0, 4.4
BODY, SMALL, HEADING, TITLE = 9.0, 7.5, 11.0, 17.0
# The longer side of the picture in pixels: 300 dots an inch on paper.
PICTURE_PIXELS, PICTURE_QUALITY = 732, 85
INK, MUTED, RULE, SHADE = (20, 34, 43), (82, 97, 107), (216, 223, 227), (237, 240, 242)
# The colours of the outcomes are those of the light pages; the words say the same.
SIDES = {
    "ai": (168, 54, 11),
    "ai_edited": (168, 54, 11),
    "captured": (11, 100, 80),
    "no_sign": (59, 84, 104),
    "uncertain": (106, 86, 0),
}
NEXT: Any = {"new_x": XPos.LMARGIN, "new_y": YPos.NEXT}
COLUMNS = (
    gettext_noop("Method"),
    gettext_noop("Prediction"),
    gettext_noop("Chance of AI"),
    gettext_noop("In the result"),
    gettext_noop("What was used"),
)
WIDTHS = (46, 27, 20, 27, 60)
SQUARE = gettext_noop(
    "%(square)s stands for a character that the font of this document does not have. The attached "
    "%(file)s has every text in full."
)


def draw(content: Content, picture: bytes | None, twin: bytes, paper: str = "a4") -> bytes:
    """The PDF; `picture` is any that Pillow reads, `paper` one of PAPERS. Raises `ValueError`."""
    if paper not in PAPERS:
        raise ValueError(f"The paper is {paper!r}; accepted are {' and '.join(PAPERS)}.")
    pdf = _Paper(content, paper)
    pdf.draw_opening(content, picture)
    pdf.draw_methods(content)
    pdf.draw_evidence(content)
    pdf.draw_limits(content)
    pdf.draw_answers(content)
    pdf.draw_versions(content)
    pdf.draw_note(content)
    pdf.embed_file(bytes=twin, basename=TWIN_NAME, desc=_("This report for machines, signed"))
    return bytes(pdf.output())


class _Paper(FPDF):
    """A document with the header, the footer and the parts of a report."""

    def __init__(self, content: Content, paper: str) -> None:
        super().__init__(format=paper)
        self._content = content
        self._lacks_a_character = False
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, MARGIN + 2 * LINE)
        self.add_font(FONT, "", FONTS / "DejaVuSans.ttf")
        self.add_font(FONT, "B", FONTS / "DejaVuSans-Bold.ttf")
        font = self.fonts[FONT.lower()]
        self._characters = set(font.cmap) if isinstance(font, TTFFont) else set()
        self.set_lang(get_language() or "en-GB")
        self.set_title(f"{content.heading} · {_('Report of the AI Image Detector')}")
        self.set_producer("AI Image Detector")
        self.set_creation_date(content.moment)
        self.alias_nb_pages()
        self.add_page()

    def header(self) -> None:
        self._set(SMALL, MUTED)
        half = self.epw / 2
        self.cell(half, LINE, _("Report of the AI Image Detector"))
        self.cell(half, LINE, self._content.analysed, align="R", **NEXT)
        self._rule()

    def footer(self) -> None:
        self.set_y(-MARGIN - LINE)
        self._set(SMALL, MUTED)
        key = self._content.public_key
        check = _("Check it with: %(command)s") % {"command": "manage.py verify_report FILE"}
        self.cell(0, LINE, _("Signed with the Ed25519 key %(key)s") % {"key": key[:32]}, **NEXT)
        self.cell(self.epw - 20, LINE, f"{key[32:]}. {check}")
        self.cell(20, LINE, f"{self.page_no()} / {{nb}}", align="R")

    # The parts

    def draw_opening(self, content: Content, picture: bytes | None) -> None:
        """The verdict beside the picture, then the facts about the file."""
        top = self.get_y()
        bottom = self._draw_picture(picture, top) if picture else top
        if picture:
            self.set_right_margin(MARGIN + PICTURE_SIDE + GAP)
        self._text(content.heading, TITLE, SIDES.get(content.outcome, INK), bold=True)
        for line in (content.lean, content.chance):
            if line:
                self._text(line, BODY + 1)
        self.ln(1)
        for sentence in (*content.statements, *content.reasons):
            self._text(sentence)
            self.ln(0.8)
        self.set_right_margin(MARGIN)
        if self.page == 1:
            self.set_y(max(self.get_y(), bottom) + 1)
        self._heading(_("The picture"))
        self._pairs(content.picture)

    def _draw_picture(self, picture: bytes, top: float) -> float:
        """Draws it at the right edge; returns the y below it."""
        jpeg, ratio = _to_jpeg(picture)
        width, height = PICTURE_SIDE * min(1, ratio), PICTURE_SIDE / max(1, ratio)
        self.image(jpeg, self.w - MARGIN - width, top + 1, width, height, alt_text=_("The picture"))
        return top + 1 + height

    def draw_methods(self, content: Content) -> None:
        self._heading(_("Multi-Model Comparison Analysis"))
        self._set(SMALL)
        self.set_draw_color(*RULE)
        heading = FontFace(emphasis=TextEmphasis.B, fill_color=SHADE)
        with self.table(
            col_widths=WIDTHS, text_align="LEFT", v_align="T", line_height=LINE - 0.4,
            headings_style=heading, borders_layout=TableBordersLayout.HORIZONTAL_LINES, padding=1,
        ) as table:  # fmt: skip
            table.row([_(column) for column in COLUMNS])
            for row in (*content.ran, *content.missing):
                cells = (row.title, row.prediction, row.chance, row.part, row.used)
                table.row([self._shown(cell) for cell in cells])
        self.ln(1.5)
        self._found(content.ran)
        if content.missing:
            self._heading(_("Methods that gave no answer"))
            self._found(content.missing)

    def _found(self, rows: Iterable[MethodRow]) -> None:
        for row in rows:
            if row.findings:
                self._text(f"{row.title}: {' '.join(row.findings)}", SMALL + 0.5)

    def draw_evidence(self, content: Content) -> None:
        if content.stations:
            self._heading(_("Evidence in the file"))
        for station in content.stations:
            self._station(station)

    def _station(self, station: Station) -> None:
        self._text(station.title, BODY, bold=True)
        for entry in station.entries:
            place = _(", in %(where)s") % {"where": entry.where} if entry.where else ""
            self._text(f"{entry.text} ({entry.worth}{place})", indent=3)

    def draw_limits(self, content: Content) -> None:
        self._heading(_("What this does and does not tell you"))
        for sentence in content.limits:
            self._text(sentence)
        if content.advice:
            self._heading(_("What to do next"))
            self._text(" ".join(content.advice))

    def draw_answers(self, content: Content) -> None:
        if content.answers:
            self._heading(_("Reported by you"))
            self._text(
                _("These answers were typed in by a person. This program did not check them.")
            )
        for answer in content.answers:
            self._text(f"{answer.maker} ({answer.when}): {answer.answer}")

    def draw_versions(self, content: Content) -> None:
        self._heading(_("Thresholds and versions"))
        self._text(" ".join(content.thresholds))
        self._pairs(content.versions)
        if content.weights_note:
            self._text(content.weights_note)
        self._pairs(
            tuple(
                (_("Weights in %(folder)s") % {"folder": name}, digest)
                for name, digest in content.weights
            )
        )

    def draw_note(self, content: Content) -> None:
        self._heading(_("Note"))
        if content.author:
            said = _("The analysis was run by %(author)s, according to this person.")
            self._text(said % {"author": content.author})
        if content.note:
            self._text(content.note)
        if self._lacks_a_character:
            self._text(_(SQUARE) % {"square": MISSING, "file": TWIN_NAME}, SMALL, MUTED)
        self.ln(2 * LINE)
        self._rule()

    # What they are made of

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


def _to_jpeg(picture: bytes) -> tuple[io.BytesIO, float]:
    """A small JPEG of a picture, and its width by its height."""
    with Image.open(io.BytesIO(picture)) as image:
        rgb = image.convert("RGB")
    rgb.thumbnail((PICTURE_PIXELS, PICTURE_PIXELS))
    jpeg = io.BytesIO()
    rgb.save(jpeg, "JPEG", quality=PICTURE_QUALITY)
    return jpeg, rgb.width / rgb.height
