"""Pictures in Django's admin: to look at. Changes go through the services, which know the files behind."""

from typing import TYPE_CHECKING

from django.contrib import admin

from nightdesk.httpkit.admin_rows import OnlyToLookAt
from nightdesk.images.models import Asset, FaceSwapConsent, StoredFile

if TYPE_CHECKING:
    _AssetAdminBase = admin.ModelAdmin[Asset]
    _ConsentAdminBase = admin.ModelAdmin[FaceSwapConsent]
    _FileInlineBase = admin.TabularInline[StoredFile, Asset]
else:
    _AssetAdminBase = admin.ModelAdmin
    _ConsentAdminBase = admin.ModelAdmin
    _FileInlineBase = admin.TabularInline


class StoredFileInline(OnlyToLookAt, _FileInlineBase):
    """The files of a picture."""

    model = StoredFile
    extra = 0


@admin.register(Asset)
class AssetAdmin(OnlyToLookAt, _AssetAdminBase):
    """Pictures, newest first."""

    list_display = ("id", "name", "origin", "state", "operation", "provider", "owner", "created_at", "expires_at")
    list_filter = ("state", "origin", "operation")
    list_select_related = ("owner",)
    search_fields = ("id", "name", "prompt")
    ordering = ("-created_at", "-id")
    inlines = (StoredFileInline,)


@admin.register(FaceSwapConsent)
class FaceSwapConsentAdmin(OnlyToLookAt, _ConsentAdminBase):
    """Who confirmed what before a face swap, newest first."""

    list_display = ("job_id", "user", "given_at")
    list_select_related = ("user",)
    ordering = ("-given_at", "-id")
