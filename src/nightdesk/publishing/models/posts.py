"""Posts: the current text, every revision there was of it, and the pictures that it uses."""

import secrets
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

MAX_TITLE_CHARS: Final = 300
#: What dev.to takes of a body, the largest of our platforms (its own limit, 800 kB).
MAX_BODY_CHARS: Final = 400_000
MAX_EXCERPT_CHARS: Final = 1_000
MAX_TAGS: Final = 20
MAX_TAG_CHARS: Final = 50
MAX_URL_CHARS: Final = 1_000


def new_public_id() -> str:
    """Make the random part of addresses that name a post outside: eight characters of a-z and 0-9 without look-alikes."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(8))


class PostState(models.TextChoices):
    """Where a post stands with its authors. What became of it on each platform stands in its publishings."""

    DRAFT = "draft"
    REVIEW = "review"
    APPROVED = "approved"
    SCHEDULED = "scheduled"  # something of it waits for its time, and nothing is out yet
    PUBLISHED = "published"  # it is out somewhere


class Post(models.Model):
    """A text to publish. Content fields hold revision `revision`; every change of them makes the next one.

    `overrides` maps an account's id, as text, to what is different there: `title`, `body`, `excerpt`, `tags`,
    `canonical_url` and `options` (`PlatformInfo.options`). `editing_by` had the editor open at `editing_at`.
    `unpublish_at`: when it is taken away again, where a platform can do that.
    """

    public_id = models.CharField(max_length=8, unique=True, default=new_public_id, editable=False)
    title = models.CharField(max_length=MAX_TITLE_CHARS, blank=True, default="")
    body = models.TextField(blank=True, default="")  # CommonMark; pictures are ![alt](asset:<id>)
    excerpt = models.TextField(max_length=MAX_EXCERPT_CHARS, blank=True, default="")
    tags = models.JSONField(default=list, blank=True)
    canonical_url = models.CharField(max_length=MAX_URL_CHARS, blank=True, default="")
    cover = models.ForeignKey("images.Asset", null=True, blank=True, on_delete=models.PROTECT, related_name="cover_of")
    cover_alt = models.CharField(max_length=1_000, blank=True, default="")
    overrides = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    state = models.CharField(max_length=16, choices=PostState.choices, default=PostState.DRAFT)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    piece = models.ForeignKey(
        "campaigns.ContentPiece", null=True, blank=True, on_delete=models.SET_NULL, related_name="posts"
    )
    unpublish_at = models.DateTimeField(null=True, blank=True)
    editing_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    editing_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(state__in=PostState.values), name="post_state"),)
        indexes = (
            models.Index(fields=("-updated_at", "-id"), name="post_list"),
            models.Index(fields=("unpublish_at",), condition=Q(unpublish_at__isnull=False), name="post_unpublish"),
        )

    def __str__(self) -> str:
        return self.title or f"post {self.pk}"


class PostRevision(models.Model):
    """One content that a post had; never changed. `content` holds the content fields of `Post` (cover as its asset id)."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("post", "number"), name="post_revision_number"),)

    def __str__(self) -> str:
        return f"revision {self.number} of post {self.post_id}"


class PostPicture(models.Model):
    """A picture in the body of any revision of a post: it cannot be deleted while it is used here."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="pictures")
    asset = models.ForeignKey("images.Asset", on_delete=models.PROTECT, related_name="in_posts")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("post", "asset"), name="post_picture"),)

    def __str__(self) -> str:
        return f"{self.asset_id} in post {self.post_id}"
