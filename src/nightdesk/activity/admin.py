"""The activity log in Django's admin: to look at."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from nightdesk.activity.models import Activity

if TYPE_CHECKING:
    _ActivityAdminBase = admin.ModelAdmin[Activity]
else:
    _ActivityAdminBase = admin.ModelAdmin


@admin.register(Activity)
class ActivityAdmin(_ActivityAdminBase):
    """Who did what, the latest first. Nobody adds, changes or removes a line."""

    list_display = ("at", "actor_name", "action", "subject", "title", "source", "address")
    list_filter = ("source", "action")
    search_fields = ("actor_name", "title", "=subject")
    ordering = ("-at", "-id")
    show_full_result_count = False
    raw_id_fields = ("actor",)

    def has_add_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Lines are written by what happens."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """What happened does not change."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """The clean-up removes lines when they are old."""
        return False
