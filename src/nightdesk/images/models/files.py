"""Files in the store. Each has a row that is committed before the file is written: no file is ever without an owner."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from nightdesk.images.models.assets import Asset


class StoredFile(models.Model):
    """A file of the default storage. `name` is its path there, made of random ids and our own extension.

    It belongs to an asset, or to a job that is still running (drafts, results that are not saved yet), or to nobody: an
    upload whose asset is about to be made. `doomed_at` is set when nobody wants it any more: whoever sweeps deletes the
    file first and this row after it. A row whose asset is null and whose job has ended is doomed, too.
    """

    name = models.CharField(max_length=200, unique=True)
    asset = models.ForeignKey(Asset, null=True, on_delete=models.SET_NULL, related_name="files")
    #: 0: the picture itself, or an upload on its way. Else the small copy with this longest side.
    side = models.PositiveSmallIntegerField(default=0)
    job_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    doomed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("job_id",), condition=Q(asset__isnull=True), name="stored_file_loose"),
            models.Index(fields=("doomed_at",), condition=Q(doomed_at__isnull=False), name="stored_file_doomed"),
        )

    def __str__(self) -> str:
        return self.name
