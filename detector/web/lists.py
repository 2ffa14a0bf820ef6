"""Lists of pictures: what they can be sorted and filtered by, and which rows are new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils.functional import lazy
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from detector.inference.wording import words
from detector.inference.wording.verdict import OUTCOMES
from detector.models import State, Upload
from detector.models.analysis import UNFINISHED
from detector.web.templatetags.detector_extras import BASES

# A text, or one that is told in the language of the page.
Words = Any
say_outcome: Callable[[str], str] = lazy(lambda code: words("outcome", code), str)
say_basis: Callable[[str], str] = lazy(lambda code: gettext(BASES[code]).capitalize(), str)
# A row that is saved while another is read may bear an earlier moment than what was read.
OVERLAP = timedelta(seconds=10)
SORTS: dict[str, tuple[Words, list[Any]]] = {
    "": (gettext_lazy("Order in which they came"), ["created_at", "pk"]),
    "name": (gettext_lazy("Name"), ["filename", "created_at"]),
    "most": (
        gettext_lazy("Highest chance of AI first"),
        [F("analysis__score").desc(nulls_last=True), "pk"],
    ),
    "least": (
        gettext_lazy("Lowest chance of AI first"),
        [F("analysis__score").asc(nulls_last=True), "pk"],
    ),
    "outcome": (gettext_lazy("Verdict"), ["analysis__outcome", "created_at"]),
    "mark": (gettext_lazy("Own mark"), ["mark", "created_at"]),
}
ORDERS = [(key, name) for key, (name, _) in SORTS.items()]
STATES = {
    "waiting": (gettext_lazy("No result yet"), Q(analysis__state__in=UNFINISHED)),
    "failed": (gettext_lazy("Could not be analysed"), Q(analysis__state=State.FAILED)),
}
MARKS = {
    "accept": gettext_lazy("Accepted"),
    "question": gettext_lazy("Questioned"),
    "reject": gettext_lazy("Rejected"),
}


def _choices(first: Words, rest: Mapping[str, Words]) -> list[tuple[str, Words]]:
    return [("", first), *rest.items()]


class ListForm(forms.Form):
    """The choices over a list. A choice that is none, as in an old bookmark, counts as not made."""

    verdict = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Verdict"),
        choices=_choices(
            gettext_lazy("All"),
            {code: say_outcome(code) for code in OUTCOMES}
            | {key: name for key, (name, _) in STATES.items()},
        ),
    )
    evidence = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Rests on"),
        choices=_choices(gettext_lazy("Anything"), {key: say_basis(key) for key in BASES}),
    )
    mark = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Own mark"),
        choices=_choices(gettext_lazy("Any"), MARKS | {"none": gettext_lazy("None")}),
    )
    sort = forms.ChoiceField(required=False, label=gettext_lazy("Sort by"), choices=ORDERS)
    view = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Show as"),
        choices=[("", gettext_lazy("List")), ("sheet", gettext_lazy("Contact sheet"))],
    )

    @property
    def order(self) -> Iterable[Any]:
        """The fields to sort by."""
        return SORTS[self.choice("sort")][1]

    def choice(self, name: str) -> str:
        self.is_valid()
        value: str = self.cleaned_data.get(name, "")
        return value

    @property
    def is_sheet(self) -> bool:
        return self.choice("view") == "sheet"

    @property
    def query(self) -> str:
        """The choices that were made, as the query of an address."""
        made = {name: self.choice(name) for name in self.fields}
        return urlencode({name: value for name, value in made.items() if value})

    @classmethod
    def clean_query(cls, query: str) -> str:
        return cls(QueryDict(query)).query


class HistoryForm(ListForm):
    """The choices over the history, which starts with the newest picture."""

    q = forms.CharField(
        required=False,
        label=gettext_lazy("Name"),
        max_length=100,
        widget=forms.TextInput({"type": "search"}),
    )
    sort = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Sort by"),
        choices=[
            ("", gettext_lazy("Newest first")),
            ("oldest", gettext_lazy("Oldest first")),
            *list(ORDERS)[1:],
        ],
    )
    field_order = ("q", "verdict", "evidence", "mark", "sort", "view")

    @property
    def order(self) -> Iterable[Any]:
        first = {"": ["-created_at", "pk"], "oldest": ["created_at", "pk"]}
        return first.get(self.choice("sort")) or super().order


def select(uploads: QuerySet[Upload], form: ListForm) -> QuerySet[Upload]:
    """The uploads that the form asks for, in its order, without the results in full."""
    if verdict := form.choice("verdict"):
        wanted = STATES[verdict][1] if verdict in STATES else Q(analysis__outcome=verdict)
        uploads = uploads.filter(wanted)
    if basis := form.choice("evidence"):
        uploads = uploads.filter(analysis__basis=basis)
    if mark := form.choice("mark"):
        uploads = uploads.filter(mark="" if mark == "none" else mark)
    if name := form.choice("q"):
        uploads = uploads.filter(filename__icontains=name)
    return uploads.order_by(*form.order).defer("analysis__result")


def changed_since(uploads: QuerySet[Upload], moment: datetime) -> QuerySet[Upload]:
    """Those that came, began or ended after a moment, or so shortly before that they may be new."""
    since = moment - OVERLAP
    return uploads.filter(
        Q(created_at__gte=since)
        | Q(analysis__started_at__gte=since)
        | Q(analysis__finished_at__gte=since)
    )
