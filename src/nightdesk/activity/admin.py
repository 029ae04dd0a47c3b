"""The activity log in Django's admin: to look at."""

from typing import TYPE_CHECKING

from django.contrib import admin

from nightdesk.activity.models import Activity
from nightdesk.httpkit.admin_rows import OnlyToLookAt

if TYPE_CHECKING:
    _ActivityAdminBase = admin.ModelAdmin[Activity]
else:
    _ActivityAdminBase = admin.ModelAdmin


@admin.register(Activity)
class ActivityAdmin(OnlyToLookAt, _ActivityAdminBase):
    """Who did what, the latest first. Nobody adds, changes or removes a line."""

    list_display = ("at", "actor_name", "action", "subject", "title", "source", "address")
    list_filter = ("source", "action")
    search_fields = ("actor_name", "title", "=subject")
    ordering = ("-at", "-id")
    show_full_result_count = False
    raw_id_fields = ("actor",)
