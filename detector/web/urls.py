"""The pages of the detector."""

from django.urls import path

from . import views

app_name = "detector"

urlpatterns = [
    path("", views.index, name="index"),
    path("results/<uuid:pk>/", views.result, name="result"),
    path("results/<uuid:pk>/preview", views.preview, name="preview"),
    path("results/<uuid:pk>/error-levels", views.error_levels, name="error-levels"),
    path("results/<uuid:pk>/json", views.result_json, name="json"),
    path("results/<uuid:pk>/delete", views.delete, name="delete"),
    path("methods/", views.methods, name="methods"),
]
