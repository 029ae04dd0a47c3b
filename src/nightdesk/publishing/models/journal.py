"""The journal: this installation's own public blog."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from nightdesk.publishing.models.posts import Post


class JournalEntry(models.Model):
    """A post in the journal, as readers see it: `html` is cleaned, `pictures` are the assets that everybody may fetch.

    `removed_at`: it was taken away; its address answers 410.
    """

    post = models.OneToOneField(Post, null=True, on_delete=models.SET_NULL, related_name="journal_entry")
    key = models.CharField(max_length=64, unique=True, editable=False)  # of the publishing that made it
    slug = models.CharField(max_length=200, unique=True)
    title = models.CharField(max_length=300)
    html = models.TextField()
    excerpt = models.TextField(blank=True, default="")
    tags = models.JSONField(default=list, blank=True)
    canonical_url = models.CharField(max_length=1_000, blank=True, default="")
    author_name = models.CharField(max_length=200, blank=True, default="")
    cover_asset = models.CharField(max_length=24, blank=True, default="")
    cover_alt = models.CharField(max_length=1_000, blank=True, default="")
    pictures = models.JSONField(default=list, blank=True)
    published_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("-published_at", "-id"), condition=Q(removed_at__isnull=True), name="journal_shown"),
        )

    def __str__(self) -> str:
        return self.title
