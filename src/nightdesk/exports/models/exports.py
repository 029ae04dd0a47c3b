"""Exports of rows, and the files of exports and reports."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from nightdesk.exports.models.reports import MAX_REASON_CHARS, Progress, Report

MAX_NAME_CHARS: Final = 200


class FileFormat(models.TextChoices):
    """What a file is."""

    CSV = "csv"
    CSV_GZIP = "csv.gz"
    XLSX = "xlsx"
    PARQUET = "parquet"
    PDF = "pdf"


class Export(models.Model):
    """Rows of one model as one file. `fields` in their order; `filters` as they were asked for.

    `is_raw`: text cells are written as they are, for programs; else whatever a spreadsheet would take for a formula is
    defused. `has_bom`: begins with the mark by which Excel knows UTF-8.
    """

    model_name = models.CharField(max_length=40)
    filters = models.JSONField(default=dict, blank=True)
    fields = models.JSONField(default=list)
    format = models.CharField(max_length=16, choices=FileFormat.choices, default=FileFormat.CSV)
    is_raw = models.BooleanField(default=False)
    has_bom = models.BooleanField(default=False)
    state = models.CharField(max_length=16, choices=Progress.choices, default=Progress.WAITING)
    rows = models.BigIntegerField(null=True, editable=False)
    error = models.CharField(max_length=MAX_REASON_CHARS, blank=True, default="")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    task_id = models.UUIDField(unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(state__in=Progress.values), name="export_state"),
            models.CheckConstraint(condition=Q(format__in=FileFormat.values), name="export_format"),
        )
        indexes = (
            models.Index(fields=("owner", "created_at"), name="export_owner"),
            models.Index(fields=("expires_at",), name="export_expires", condition=Q(expires_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.model_name} {self.pk}"


class ExportFile(models.Model):
    """A file in the store. Its row is committed before the file is written, and deleted after it is.

    `name` is its path there, random. It counts once `is_whole`; nobody is ever shown one that is not. One whose export or
    report is null, or that is `doomed_at`, is deleted by whoever sweeps.
    """

    name = models.CharField(max_length=MAX_NAME_CHARS, unique=True)
    export = models.ForeignKey(Export, null=True, on_delete=models.SET_NULL, related_name="files")
    report = models.ForeignKey(Report, null=True, on_delete=models.SET_NULL, related_name="files")
    job_id = models.UUIDField(null=True, editable=False)
    format = models.CharField(max_length=16, choices=FileFormat.choices)
    is_whole = models.BooleanField(default=False)
    size_bytes = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    doomed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("doomed_at",), name="export_file_doomed", condition=Q(doomed_at__isnull=False)),
            models.Index(fields=("created_at",), name="export_file_partial", condition=Q(is_whole=False)),
        )

    def __str__(self) -> str:
        return self.name
