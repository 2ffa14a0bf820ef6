"""The project's URLs."""

from django.contrib import admin
from django.urls import include, path

from detector.api.v1 import api
from detector.web.views.overview import overview

urlpatterns = [
    # Before the admin, which answers all that is below it.
    path("admin/overview/", overview, name="overview"),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("api/", include("detector.api.urls")),
    path("", include("detector.web.urls")),
]

handler500 = "detector.web.failing.answer_failure"
