"""Addresses outside the API."""

from django.urls import path

from nightdesk.mail.bounces import take_events

urlpatterns = [path("hooks/mail/<str:service>/", take_events, name="mail_hook")]
