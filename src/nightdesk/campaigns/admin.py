"""Campaigns in Django's admin: to look at. Changes go through the pages and the API, which know the job behind."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from nightdesk.campaigns.models import Campaign, ContentPiece

if TYPE_CHECKING:
    _CampaignAdminBase = admin.ModelAdmin[Campaign]
    _PieceInlineBase = admin.StackedInline[ContentPiece, Campaign]
else:
    _CampaignAdminBase = admin.ModelAdmin
    _PieceInlineBase = admin.StackedInline


class ContentPieceInline(_PieceInlineBase):
    """The pieces of a campaign."""

    model = ContentPiece
    extra = 0
    can_delete = False
    readonly_fields = ("channel", "fields", "made_by", "generation", "warnings", "created_at")

    def has_add_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Pieces are written by jobs."""
        return False


@admin.register(Campaign)
class CampaignAdmin(_CampaignAdminBase):
    """Campaigns, newest first."""

    list_display = ("name", "ai_processing_status", "language", "created_by", "created_at", "generation")
    list_filter = ("ai_processing_status", "language")
    list_select_related = ("created_by",)
    search_fields = ("name", "product")
    ordering = ("-id",)
    inlines = (ContentPieceInline,)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """A campaign without its job would wait for ever."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Changes go through the services."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Deleting has to cancel the job."""
        return False
