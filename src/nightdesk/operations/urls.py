"""Addresses outside the API."""

from django.urls import path

from nightdesk.operations.health import show_alive, show_ready

urlpatterns = [
    path("healthz", show_alive, name="healthz"),
    path("healthz/", show_alive),
    path("readyz", show_ready, name="readyz"),
    path("readyz/", show_ready),
]
