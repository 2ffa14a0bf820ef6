"""The PDF of a comparison: the copies, which is nearer to the camera, and what differs."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from .comparison import ComparisonContent, CopyPart, PairPart
from .paper import BODY, GAP, LINE, MARGIN, MUTED, SMALL, TITLE, Frame, Paper

COPY_SIDE = 38.0  # millimetres
# The preview of each copy by its number, and the views of each pair by the place of its copy.
Previews = Mapping[int, bytes]
Views = Mapping[int, Mapping[str, bytes]]


def draw_comparison(
    content: ComparisonContent, previews: Previews, views: Views, twin: bytes, paper: str = "a4"
) -> bytes:
    """The PDF; the pictures are any that Pillow reads. Raises `ValueError` for a paper."""
    pdf = _Comparison(content, paper)
    pdf.draw_copies(content, previews)
    pdf.draw_ranking(content)
    pdf.draw_verdicts(content)
    for pair in content.pairs:
        pdf.draw_pair(pair, views.get(pair.place, {}), content.map_times)
    pdf.draw_files(content)
    pdf.draw_end(content)
    return pdf.finish(twin)


class _Comparison(Paper):
    """The paper with the parts of a comparison."""

    def __init__(self, content: ComparisonContent, paper: str) -> None:
        frame = Frame(content.heading, content.moment, content.compared, content.public_key)
        super().__init__(frame, paper)

    def draw_copies(self, content: ComparisonContent, previews: Previews) -> None:
        """Each copy with its preview and the facts about its file."""
        self._text(content.heading, TITLE, bold=True)
        for copy in content.copies:
            if self.will_page_break(COPY_SIDE + LINE):
                self.add_page()
            self._copy(copy, previews.get(copy.number))

    def _copy(self, copy: CopyPart, preview: bytes | None) -> None:
        page, bottom = self.page, self.get_y()
        if preview:
            bottom = self._picture_at_edge(preview, COPY_SIDE, copy.title)
            self.set_right_margin(MARGIN + COPY_SIDE + GAP)
        self._heading(copy.title)
        self._pairs(copy.facts)
        if copy.note:
            self._pairs(((_("Note"), copy.note),))
        self.set_right_margin(MARGIN)
        if self.page == page:
            self.set_y(max(self.get_y(), bottom) + 1)

    def draw_ranking(self, content: ComparisonContent) -> None:
        self._heading(_("Which copy is the better evidence"))
        self._text(content.ranking, bold=True)
        for place, copy in enumerate(content.ranked, start=1):
            self._text(f"{place}. {copy.title}, {copy.name}")
            for reason in copy.reasons:
                self._text(reason, indent=5)
        self._text(
            _(
                "This order is a rule of thumb of people who examine files: the sensor's own data "
                "first, then the data that only cameras write, then the traces of later programs. "
                "Most of it can be forged. Only a trusted signature cannot."
            ),
            SMALL,
            MUTED,
        )

    def draw_verdicts(self, content: ComparisonContent) -> None:
        self._heading(_("How the verdicts differ"))
        if content.verdicts:
            self._text(content.verdicts, bold=True)
        for copy in content.copies:
            outcome = f"{copy.outcome}. " if copy.outcome else ""
            self._text(f"{copy.title}: {outcome}{copy.why}")

    def draw_pair(self, pair: PairPart, views: Mapping[str, bytes], map_times: str) -> None:
        """What differs between a copy and the reference, with the views and the map."""
        self._heading(pair.title)
        first, *rest = pair.sentences
        self._text(first, bold=True)
        for sentence in rest:
            self._text(sentence, indent=3)
        if views:
            self._views(pair, views, map_times)
        for number, region in enumerate(pair.regions, start=1):
            self._text(f"{number}. {region}", indent=3)

    def _views(self, pair: PairPart, views: Mapping[str, bytes], map_times: str) -> None:
        words = {
            "reference": _("Copy %(number)s") % {"number": pair.reference},
            "copy": _("Copy %(number)s, laid on it") % {"number": pair.number},
            "difference": _("Map of differences"),
        }
        self._row_of_pictures([(words[name], view) for name, view in views.items()])
        most = _("%(most_times)s times the usual one, or more") % {"most_times": map_times}
        explained = _(
            "Size, colours and sharpness were matched first. The map shows how many times the "
            "difference at each place is the usual one for parts with as much texture, so that "
            "re-encoding alone stays dark. White lines are around parts that stand out."
        )
        self._text(f"{explained} ({_('no difference')} – {most})", SMALL, MUTED)

    def draw_files(self, content: ComparisonContent) -> None:
        self._heading(_("What each file says"))
        said = _("Anyone can write anything into a file, and most websites remove such data.")
        self._text(said, SMALL, MUTED)
        for copy in content.copies:
            self._text(f"{copy.title}, {copy.name}", BODY + 1, bold=True)
            for station in copy.stations:
                self._station(station)
            if not copy.stations:
                self._text(_("The file says nothing about its origin."))

    def draw_end(self, content: ComparisonContent) -> None:
        self._heading(_("What this does and does not tell you"))
        for sentence in content.limits:
            self._text(sentence)
        self._say_missing()
