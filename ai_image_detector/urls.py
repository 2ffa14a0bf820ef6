"""The project's URLs."""

from django.contrib import admin
from django.urls import include, path

from detector.api.v1 import api

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("api/", include("detector.api.urls")),
    path("", include("detector.web.urls")),
]
