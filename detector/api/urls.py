"""The API of before version 1, for one more version."""

from django.urls import path

from . import views

app_name = "api"

urlpatterns = [
    path("detect", views.detect, name="detect"),
    path("schema", views.schema, name="schema"),
]
