"""Posts, publishings and accounts in Django's admin: to look at. No credential is shown, nor its encrypted form."""

from typing import TYPE_CHECKING

from django.contrib import admin

from nightdesk.httpkit.admin_rows import OnlyToLookAt
from nightdesk.publishing.models import PlatformAccount, Post, PostRevision, PublishedPost

if TYPE_CHECKING:
    _AccountAdminBase = admin.ModelAdmin[PlatformAccount]
    _PostAdminBase = admin.ModelAdmin[Post]
    _PublishingAdminBase = admin.ModelAdmin[PublishedPost]
    _RevisionInlineBase = admin.TabularInline[PostRevision, Post]
else:
    _AccountAdminBase = admin.ModelAdmin
    _PostAdminBase = admin.ModelAdmin
    _PublishingAdminBase = admin.ModelAdmin
    _RevisionInlineBase = admin.TabularInline


class PostRevisionInline(OnlyToLookAt, _RevisionInlineBase):
    """The revisions of a post."""

    model = PostRevision
    extra = 0
    fields = readonly_fields = ("number", "author", "created_at")
    ordering = ("-number",)


@admin.register(Post)
class PostAdmin(OnlyToLookAt, _PostAdminBase):
    """Posts, the latest changed first."""

    list_display = ("__str__", "state", "revision", "author", "updated_at", "unpublish_at")
    list_filter = ("state",)
    list_select_related = ("author",)
    search_fields = ("title", "public_id")
    ordering = ("-updated_at", "-id")
    inlines = (PostRevisionInline,)


@admin.register(PlatformAccount)
class PlatformAccountAdmin(OnlyToLookAt, _AccountAdminBase):
    """Accounts by platform."""

    list_display = ("name", "platform", "handle", "health", "checked_at", "expires_at", "disconnected_at")
    list_filter = ("platform", "health")
    search_fields = ("name", "handle")
    ordering = ("platform", "name", "pk")
    fields = (
        "platform",
        "name",
        "handle",
        "url",
        "options",
        "health",
        "health_detail",
        "expires_at",
        "checked_at",
        "connected_by",
        "created_at",
        "disconnected_at",
    )


@admin.register(PublishedPost)
class PublishedPostAdmin(OnlyToLookAt, _PublishingAdminBase):
    """What was published where, the newest first."""

    list_display = ("post", "account", "revision", "action", "status", "scheduled_at", "finished_at", "remote_url")
    list_filter = ("status", "platform")
    list_select_related = ("post", "account")
    search_fields = ("key", "remote_url", "error")
    ordering = ("-id",)
