"""Exports in Django's admin: to look at, and to remove early."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from nightdesk.exports import services
from nightdesk.exports.models import Export, ExportFile
from nightdesk.httpkit.admin_rows import OnlyToLookAt

if TYPE_CHECKING:
    _ExportAdminBase = admin.ModelAdmin[Export]
    _FileAdminBase = admin.ModelAdmin[ExportFile]
else:
    _ExportAdminBase = admin.ModelAdmin
    _FileAdminBase = admin.ModelAdmin


@admin.register(Export)
class ExportAdmin(OnlyToLookAt, _ExportAdminBase):
    """Who exported what. The files are their owners': the admin shows no way to them."""

    list_display = ("id", "model_name", "format", "state", "rows", "owner", "created_at", "expires_at", "error")
    list_filter = ("state", "model_name", "format")
    list_select_related = ("owner",)
    search_fields = ("=id", "=task_id", "owner__email")
    actions = ("remove",)

    @admin.action(description="Remove with their files; cancel those on their way", permissions=["remove"])
    def remove(self, request: HttpRequest, exports: "QuerySet[Export]") -> None:
        """Remove what was chosen, as its owner could."""
        count = 0
        for export in exports:
            services.delete_export(export_id=export.pk, user_id=export.owner_id or 0, is_operator=True)
            count += 1
        self.message_user(request, f"Removed: {count}.")

    def has_remove_permission(self, request: HttpRequest) -> bool:
        """Administrators only: operators look."""
        return request.user.has_perm("exports.delete_export")


@admin.register(ExportFile)
class ExportFileAdmin(OnlyToLookAt, _FileAdminBase):
    """Which files there are, and which wait to be deleted."""

    list_display = ("id", "format", "is_whole", "size_bytes", "export", "report", "created_at", "doomed_at")
    list_filter = ("is_whole", "format")
    list_select_related = ("export", "report")
