"""The pages of the detector."""

from django.urls import path

from .languages import choose_language
from .views import (
    batches,
    compare,
    deciding,
    feedback,
    history,
    home,
    makers,
    methods,
    models,
    pictures,
    policy_reports,
    report,
    result,
    sharing,
    texts,
)

app_name = "detector"

urlpatterns = [
    path("", home.index, name="index"),
    path("results/<uuid:pk>/", result.result, name="result"),
    path("results/<uuid:pk>/preview", pictures.preview, name="preview"),
    path("results/<uuid:pk>/thumbnail", pictures.thumbnail, name="thumbnail"),
    path("results/<uuid:pk>/error-levels", pictures.error_levels, name="error-levels"),
    path("results/<uuid:pk>/json", result.result_json, name="json"),
    path("results/<uuid:pk>/delete", result.delete, name="delete"),
    path("language/", choose_language, name="language"),
    path("results/<uuid:pk>/note", deciding.note, name="note"),
    path("batches/", batches.batches, name="batches"),
    path("batches/<uuid:pk>/", batches.batch, name="batch"),
    path("batches/<uuid:pk>/changes", batches.changes, name="batch-changes"),
    path("batches/<uuid:pk>/pictures", batches.add_picture, name="batch-pictures"),
    path("batches/<uuid:pk>/decide", deciding.decide_in_batch, name="batch-decide"),
    path("batches/<uuid:pk>/delete", deciding.delete_batch, name="batch-delete"),
    path("batches/<uuid:pk>/results.<str:suffix>", batches.export, name="batch-export"),
    path("batches/<uuid:pk>/reports.zip", batches.reports, name="batch-reports"),
    path("history/", history.history, name="history"),
    path("history/search", history.search, name="search"),
    path("history/decide", deciding.decide_in_history, name="history-decide"),
    path("history/undo", deciding.take_back, name="undo"),
    path("help/", texts.help_page, name="help"),
    path("privacy/", texts.privacy, name="privacy"),
    path("results/<uuid:pk>/report/", report.report, name="report"),
    path("results/<uuid:pk>/report.pdf", report.report_pdf, name="report-pdf"),
    path("results/<uuid:pk>/share/", sharing.share, name="share"),
    path("results/<uuid:pk>/share/end", sharing.unshare, name="unshare"),
    path("results/<uuid:pk>/ask/", makers.makers, name="makers"),
    path("results/<uuid:pk>/feedback/", feedback.feedback, name="feedback"),
    path(
        "results/<uuid:pk>/feedback/withdraw", feedback.withdraw_feedback, name="withdraw-feedback"
    ),
    path("shared/<str:token>/", sharing.shared, name="shared"),
    path("shared/<str:token>/report.pdf", sharing.shared_pdf, name="shared-pdf"),
    path("shared/<str:token>/picture", sharing.shared_picture, name="shared-picture"),
    path("compare/", compare.compare, name="compare"),
    path("compare/<uuid:pk>/", compare.comparison, name="comparison"),
    path("compare/<uuid:pk>/<int:place>/<str:name>", compare.view, name="comparison-view"),
    path("compare/<uuid:pk>/report.pdf", compare.comparison_pdf, name="comparison-pdf"),
    path("compare/<uuid:pk>/delete", compare.delete, name="delete-comparison"),
    path("methods/", methods.methods, name="methods"),
    path("csp-report", policy_reports.take, name="csp-report"),
    path("models/", models.models, name="models"),
]
