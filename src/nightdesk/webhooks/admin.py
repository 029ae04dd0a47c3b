"""Webhooks in Django's admin: to look at, without secrets and bodies. Changes go through the services."""

from typing import TYPE_CHECKING

from django.contrib import admin

from nightdesk.httpkit.admin_rows import OnlyToLookAt
from nightdesk.webhooks.models import WebhookDelivery, WebhookEndpoint

if TYPE_CHECKING:
    _EndpointAdminBase = admin.ModelAdmin[WebhookEndpoint]
    _DeliveryAdminBase = admin.ModelAdmin[WebhookDelivery]
else:
    _EndpointAdminBase = admin.ModelAdmin
    _DeliveryAdminBase = admin.ModelAdmin


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(OnlyToLookAt, _EndpointAdminBase):
    """Who is told."""

    list_display = ("id", "name", "url", "is_active", "last_status", "last_delivered_at", "created_at")
    list_filter = ("is_active",)
    exclude = ("sealed",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(OnlyToLookAt, _DeliveryAdminBase):
    """What was told."""

    list_display = ("id", "endpoint", "event", "state", "attempts", "last_status", "created_at")
    list_filter = ("state", "event")
    list_select_related = ("endpoint",)
    exclude = ("body",)
