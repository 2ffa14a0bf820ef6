"""What cannot be read here: whom to ask, and what they answered."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from detector.models import MakerAnswer, Upload
from detector.reports.makers import MAKERS
from detector.web.result_forms import AnswerForm

from .report import get_finished


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def makers(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    upload = get_finished(request, pk)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _note(upload, form)
        messages.success(request, _("Noted. The report says that it was reported by you."))
        return redirect("detector:makers", pk=pk)
    context = {"upload": upload, "panels": _panels(upload, form), "form": form}
    return render(request, "detector/makers.html", context, status=400 if form.errors else 200)


def _note(upload: Upload, form: AnswerForm) -> None:
    maker, answer = form.cleaned_data["maker"], form.cleaned_data["answer"]
    rows = MakerAnswer.objects.filter(upload=upload, maker=maker)
    if not answer:
        rows.delete()
        return
    defaults = {"answer": answer, "noted_at": timezone.now()}
    rows.update_or_create(upload=upload, maker=maker, defaults=defaults)


def _panels(upload: Upload, form: AnswerForm) -> list[dict[str, object]]:
    """Each maker with the form for its answer; the one that was sent keeps its errors."""
    answers = {row.maker: row for row in upload.maker_answers.all()}
    sent = form.data.get("maker")
    return [
        {
            "maker": maker,
            "answer": answers.get(key),
            "form": form if key == sent else _empty_form(key, answers.get(key)),
        }
        for key, maker in MAKERS.items()
    ]


def _empty_form(key: str, answer: MakerAnswer | None) -> AnswerForm:
    text = answer.answer if answer else ""
    return AnswerForm(initial={"maker": key, "answer": text}, auto_id=f"id_{key}_%s")
