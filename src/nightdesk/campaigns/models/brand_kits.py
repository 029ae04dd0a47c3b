"""Brand kits: how a brand speaks. A kit is a name; what it says is in versions that never change."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from nightdesk.providers.text.protocol import BrandVoice

MAX_KIT_NAME_CHARS: Final = 120
MAX_VOICE_CHARS: Final = 2_000
MAX_KIT_AUDIENCE_CHARS: Final = 500
#: All of them stand in every prompt: a hundred words are about two pages.
MAX_WORDS: Final = 100
MAX_WORD_CHARS: Final = 80
MAX_COLOURS: Final = 12
MAX_COLOUR_NAME_CHARS: Final = 40


class BrandKit(models.Model):
    """A brand. `version` is the number of its newest version; `name_key` is the same for names that differ only in case.

    Archived kits stay with the campaigns that were written with them, and free their name.
    """

    name = models.CharField(max_length=MAX_KIT_NAME_CHARS)
    # A hash: SQLite folds ASCII only, and a folded name may be many times as long ("ﷺ" is 18 characters in NFKC).
    name_key = models.CharField(max_length=64, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("name_key",), condition=Q(archived_at=None), name="brand_kit_name"),
            models.CheckConstraint(condition=~Q(name=""), name="brand_kit_has_name"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_archived(self) -> bool:
        """Whether no new campaign may be written with it."""
        return self.archived_at is not None


class BrandKitVersion(models.Model):
    """What a kit said from some moment on. Never changed: pieces point at the version they were written with.

    `words_to_use` and `words_to_avoid` are lists of words or phrases, `colours` a list of `{"name", "hex"}`.
    """

    kit = models.ForeignKey(BrandKit, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    voice = models.TextField(blank=True, default="")
    audience = models.CharField(max_length=MAX_KIT_AUDIENCE_CHARS, blank=True, default="")
    words_to_use = models.JSONField(default=list, blank=True)
    words_to_avoid = models.JSONField(default=list, blank=True)
    colours = models.JSONField(default=list, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("kit", "number"), name="brand_kit_version_number"),)

    def __str__(self) -> str:
        return f"version {self.number} of brand kit {self.kit_id}"

    @property
    def brand_voice(self) -> BrandVoice:
        """As writers are told."""
        return BrandVoice(
            voice=self.voice,
            audience=self.audience,
            words_to_use=self.words_to_use,
            words_to_avoid=self.words_to_avoid,
        )
