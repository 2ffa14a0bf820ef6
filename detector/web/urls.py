"""The pages of the detector."""

from django.urls import path

from .views import home, methods, pictures, result

app_name = "detector"

urlpatterns = [
    path("", home.index, name="index"),
    path("results/<uuid:pk>/", result.result, name="result"),
    path("results/<uuid:pk>/preview", pictures.preview, name="preview"),
    path("results/<uuid:pk>/error-levels", pictures.error_levels, name="error-levels"),
    path("results/<uuid:pk>/json", result.result_json, name="json"),
    path("results/<uuid:pk>/delete", result.delete, name="delete"),
    path("methods/", methods.methods, name="methods"),
]
