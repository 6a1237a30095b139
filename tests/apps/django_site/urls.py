"""The pages of the project."""

from __future__ import annotations

from django.urls import path

from tests.apps.django_site import views

urlpatterns = [
    path("", views.index),
    path("seen", views.seen),
    path("form", views.form),
    path("count", views.count),
    path("cookies", views.set_cookies),
    path("upload", views.upload),
    path("download/<int:blocks>", views.download),
    path("file", views.file),
    path("fails", views.fails),
    path("redirect", views.away),
]
