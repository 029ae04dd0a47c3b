"""Webhooks in Django's admin: to look at, without secrets and bodies. Changes go through the services."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from nightdesk.webhooks.models import WebhookDelivery, WebhookEndpoint

if TYPE_CHECKING:
    _EndpointAdminBase = admin.ModelAdmin[WebhookEndpoint]
    _DeliveryAdminBase = admin.ModelAdmin[WebhookDelivery]
else:
    _EndpointAdminBase = admin.ModelAdmin
    _DeliveryAdminBase = admin.ModelAdmin


class _OnlyToLookAt:
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Rows are written by services."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Changes go through the services."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Deleting goes through the services."""
        return False


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(_OnlyToLookAt, _EndpointAdminBase):
    """Who is told."""

    list_display = ("id", "name", "url", "is_active", "last_status", "last_delivered_at", "created_at")
    list_filter = ("is_active",)
    exclude = ("sealed",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(_OnlyToLookAt, _DeliveryAdminBase):
    """What was told."""

    list_display = ("id", "endpoint", "event", "state", "attempts", "last_status", "created_at")
    list_filter = ("state", "event")
    list_select_related = ("endpoint",)
    exclude = ("body",)
