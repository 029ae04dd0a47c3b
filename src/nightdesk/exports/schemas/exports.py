"""Shapes of the API of exports."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from nightdesk.exports import services
from nightdesk.exports.models import Export, ExportFile
from nightdesk.httpkit.paging import PageQuery
from nightdesk.httpkit.schemas import In, Out, text

Format = Literal["csv", "csv.gz", "xlsx", "parquet"]
State = Literal["waiting", "running", "ready", "failed", "cancelled", "expired"]
Name = Annotated[str, text(60)]


class RowsIn(In):
    """Which rows of which model."""

    model_name: Name = Field(description="One of `GET /api/exports/models/`.", examples=["campaign"])
    filters: dict[str, Any] = Field(
        default_factory=dict,
        description="What the rows have to be, by the names of the model's filters.",
        examples=[{"ai_processing_status": "completed", "created_at__gte": "2026-11-01"}],
    )


class ExportIn(RowsIn):
    """An export that is wanted."""

    fields: list[Name] = Field(
        default_factory=list, max_length=100, description="The columns, in this order. None: all that the model has."
    )
    format: Format = "csv"
    is_raw: bool = Field(default=False, description="Text as it is, for programs: formulas in CSV are not defused.")
    has_bom: bool = Field(default=False, description="CSV begins with the mark by which Excel knows UTF-8.")

    def to_order(self) -> dict[str, Any]:
        """Return what the service is asked for."""
        return self.model_dump()


class ExportsQuery(PageQuery):
    """Which exports."""

    state: State | None = Field(None, description="Only those that stand here.")


class FieldOut(Out):
    """A field that can be exported."""

    name: str
    title: str
    kind: str


class FilterOut(FieldOut):
    """A way of choosing rows; `name` is the key in `filters`."""

    lookup: str
    choices: list[str]


class ModelOut(Out):
    """A model that can be exported."""

    name: str
    title: str
    fields: list[FieldOut]
    filters: list[FilterOut]


class ModelsOut(Out):
    """All that can be exported."""

    items: list[ModelOut]

    @classmethod
    def from_offer(cls, offer: tuple[services.ModelInfo, ...]) -> Self:
        """Show what there is."""
        return cls(items=[ModelOut.model_validate(model) for model in offer])


class CountOut(Out):
    """How many rows an export would have now."""

    count: int


class FileOut(Out):
    """The file of an export that is ready."""

    name: str
    size_bytes: int
    sha256: str
    download_url: str = Field(description="With the token that asks for everything else.")


class ExportOut(Out):
    """An export, and where it stands."""

    id: int
    task_id: UUID
    model_name: str
    filters: dict[str, Any]
    fields: list[str]
    format: Format
    is_raw: bool
    has_bom: bool
    state: State
    rows: int | None
    error: str
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="Until when its file is kept.")
    file: FileOut | None

    @classmethod
    def from_row(cls, export: Export) -> Self:
        """Show an export whose files were fetched along."""
        whole = [file for file in export.files.all() if file.is_whole and file.doomed_at is None]
        shown = _show_file(export, whole[0]) if export.state == "ready" and whole else None
        plain = {name: getattr(export, name) for name in cls.model_fields if name != "file"}
        return cls(**plain, file=shown)


def _show_file(export: Export, file: ExportFile) -> FileOut:
    return FileOut(
        name=services.download_name(file=file),
        size_bytes=file.size_bytes or 0,
        sha256=file.sha256,
        download_url=services.DOWNLOAD_PATH.format(id=export.pk),
    )


class TicketOut(Out):
    """An address that can be fetched without a token."""

    url: str
    expires_at: datetime
