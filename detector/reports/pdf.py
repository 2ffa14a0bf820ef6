"""The PDF of a report: the verdict beside the picture, and all that was found, part by part."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from fpdf.enums import TableBordersLayout, TextEmphasis
from fpdf.fonts import FontFace

from .content import Content, MethodRow
from .paper import (
    BODY,
    GAP,
    INK,
    LINE,
    MARGIN,
    RULE,
    SHADE,
    SMALL,
    TITLE,
    Frame,
    Paper,
)

PICTURE_SIDE = 62.0  # millimetres
# The colours of the outcomes are those of the light pages; the words say the same.
SIDES = {
    "ai": (168, 54, 11),
    "ai_edited": (168, 54, 11),
    "captured": (11, 100, 80),
    "no_sign": (59, 84, 104),
    "uncertain": (106, 86, 0),
}
COLUMNS = (
    gettext_noop("Method"),
    gettext_noop("Prediction"),
    gettext_noop("Chance of AI"),
    gettext_noop("In the result"),
    gettext_noop("What was used"),
)
WIDTHS = (46, 27, 20, 27, 60)


def draw(content: Content, picture: bytes | None, twin: bytes, paper: str = "a4") -> bytes:
    """The PDF; `picture` is any that Pillow reads, `paper` one of PAPERS. Raises `ValueError`."""
    pdf = _Report(content, paper)
    pdf.draw_opening(content, picture)
    pdf.draw_methods(content)
    pdf.draw_evidence(content)
    pdf.draw_limits(content)
    pdf.draw_answers(content)
    pdf.draw_versions(content)
    pdf.draw_note(content)
    return pdf.finish(twin)


class _Report(Paper):
    """The paper with the parts of a report."""

    def __init__(self, content: Content, paper: str) -> None:
        frame = Frame(content.heading, content.moment, content.analysed, content.public_key)
        super().__init__(frame, paper)

    def draw_opening(self, content: Content, picture: bytes | None) -> None:
        """The verdict beside the picture, then the facts about the file."""
        top = self.get_y()
        alt = _("The picture")
        bottom = self._picture_at_edge(picture, PICTURE_SIDE, alt) if picture else top
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
        self._say_missing()
        self.ln(2 * LINE)
        self._rule()
