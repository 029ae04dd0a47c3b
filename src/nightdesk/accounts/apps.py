"""Accounts as a Django app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, API tokens and one-time sign-in links."""

    name = "nightdesk.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
