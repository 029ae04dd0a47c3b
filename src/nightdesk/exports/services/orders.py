"""Asking for an export: what was sent is checked against the registry, then accepted as a row and its job."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from nightdesk.core.errors import InvalidInput
from nightdesk.core.ids import new_job_id
from nightdesk.engine import sql
from nightdesk.engine.enqueue import enqueue
from nightdesk.exports.errors import CountTakesLong, TooManyExports
from nightdesk.exports.jobs import ExportDataToCsv
from nightdesk.exports.models import Export, FileFormat, Progress
from nightdesk.exports.services.registry import EXPORTABLES, Asker, Column, Exportable, ValueKind, read_filters
from nightdesk.exports.services.writing import check_format

#: Exports of one person that may be on their way at once: each takes a whole process of the `cpu` queue.
MAX_UNFINISHED: Final = 5
MAX_FILTERS: Final = 50
#: A page asks for the count at every change of a filter.
COUNT_TAKES_S: Final = 3.0
#: Steps of SQLite's machine between two looks at the clock: about a millisecond.
_STEPS: Final = 20_000

UNFINISHED: Final = (Progress.WAITING, Progress.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldInfo:
    """A field that may be exported."""

    name: str
    title: str
    kind: ValueKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterInfo:
    """One way of choosing rows; `name` is the key in `filters`, `title` the field's."""

    name: str
    title: str
    lookup: str
    kind: ValueKind
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model that may be exported."""

    name: str
    title: str
    fields: tuple[FieldInfo, ...]
    filters: tuple[FilterInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for, checked: nothing in it comes from outside but values."""

    model: Exportable
    columns: tuple[Column, ...]
    asked: Mapping[str, Any]
    format: FileFormat
    asker: Asker

    def rows(self) -> "QuerySet[Any]":
        """The rows that were asked for and that the asker may see, in the order of their ids."""
        return self.model.scope(self.asker).filter(**self.asked).order_by("pk")


def offered(*, actor: object = None) -> tuple[ModelInfo, ...]:  # noqa: ARG001 (rows differ by who asks, fields do not)
    """Say what may be exported, and by what rows may be chosen."""
    return tuple(_describe(model) for model in EXPORTABLES.values())


def _describe(model: Exportable) -> ModelInfo:
    return ModelInfo(
        name=model.name,
        title=model.title,
        fields=tuple(FieldInfo(name=one.name, title=one.title, kind=one.kind) for one in model.columns),
        filters=tuple(
            FilterInfo(
                name=one.name,
                title=one.column.title,
                lookup=one.lookup,
                kind=one.kind,
                choices=one.column.choices,
            )
            for one in model.filters.values()
        ),
    )


def check_order(
    *,
    model_name: str,
    filters: Mapping[str, Any],
    fields: Sequence[str],
    format: str = FileFormat.CSV,  # noqa: A002 (as the column and the API call it)
    user_id: int | None,
    is_operator: bool,
) -> Order:
    """Read what was asked for. No fields: all that the model offers, in its order.

    Raises:
        InvalidInput: an unknown model, field, look-up, value or format; details say what there is instead.
        Misconfigured: the format needs an extra that is not installed.
    """
    model = EXPORTABLES.get(model_name)
    if model is None:
        raise InvalidInput(details={"model_name": [f"Choose one of: {', '.join(EXPORTABLES)}."]})
    asked, wrong = read_filters(model, filters)
    if len(filters) > MAX_FILTERS:
        wrong = {"filters": [f"Use at most {MAX_FILTERS} filters."]}
    if complaints := _complain(model, fields):
        wrong["fields"] = complaints
    if wrong:
        raise InvalidInput(details=wrong)
    return Order(
        model=model,
        columns=tuple(model.by_name[name] for name in fields) or model.columns,
        asked=asked,
        format=check_format(format),
        asker=Asker(user_id=user_id, is_operator=is_operator),
    )


def _complain(model: Exportable, fields: Sequence[str]) -> list[str]:
    unknown = [name for name in fields if name not in model.by_name]
    if unknown:
        shown = ", ".join(str(name)[:80] for name in unknown[:5])
        return [f"There is no field {shown} of {model.name}. Choose of: {', '.join(model.by_name)}."]
    if len(set(fields)) < len(fields):
        return ["Name each field once."]
    return []


def count_rows(*, order: Order) -> int:
    """Count the rows of an order, within `COUNT_TAKES_S`.

    Raises:
        CountTakesLong: it was given up.
    """
    with _limited(COUNT_TAKES_S):
        return order.rows().order_by().count()


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """End a statement of the database that takes longer."""
    limit = _limit_postgres(seconds) if connection.vendor == "postgresql" else _limit_sqlite(seconds)
    try:
        with limit:
            yield
    except OperationalError as error:
        if not any(word in str(error) for word in ("statement timeout", "interrupted")):
            raise
        raise CountTakesLong from error


@contextmanager
def _limit_postgres(seconds: float) -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(seconds * 1000))])
        yield


@contextmanager
def _limit_sqlite(seconds: float) -> Iterator[None]:
    connection.ensure_connection()
    raw, give_up_at = connection.connection, time.monotonic() + seconds
    raw.set_progress_handler(lambda: int(time.monotonic() > give_up_at), _STEPS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


def order_export(
    *,
    model_name: str,
    filters: Mapping[str, Any],
    fields: Sequence[str] = (),
    format: str = FileFormat.CSV,  # noqa: A002 (as the column and the API call it)
    is_raw: bool = False,
    has_bom: bool = False,
    user_id: int | None,
    is_operator: bool,
) -> Export:
    """Accept an export: its row and its job, in one transaction.

    Raises:
        InvalidInput, Misconfigured: see `check_order`.
        TooManyExports: `MAX_UNFINISHED` of the asker's are on their way.
    """
    order = check_order(
        model_name=model_name,
        filters=filters,
        fields=fields,
        format=format,
        user_id=user_id,
        is_operator=is_operator,
    )
    job_id = new_job_id()
    with sql.writing():
        _check_room(user_id)
        export = Export.objects.create(
            model_name=order.model.name,
            filters=dict(filters),
            fields=[column.name for column in order.columns],
            format=order.format,
            is_raw=is_raw,
            has_bom=has_bom,
            owner_id=user_id,
            task_id=job_id,
        )
        _ask(export, job_id)
    return export


def _check_room(user_id: int | None) -> None:
    """Refuse one more than may be on their way; the user's row is held, so that two at once are counted in turn."""
    if user_id is None:
        return
    list(get_user_model().objects.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))
    if Export.objects.filter(owner_id=user_id, state__in=UNFINISHED).count() >= MAX_UNFINISHED:
        raise TooManyExports(
            f"{MAX_UNFINISHED} of your exports are not finished. Wait until one of them is, or cancel one."
        )


def _ask(export: Export, job_id: UUID) -> None:
    job = ExportDataToCsv(
        model_name=export.model_name,
        filters=export.filters,
        fields=export.fields,
        format=export.format,
        is_raw=export.is_raw,
        has_bom=export.has_bom,
        export_id=export.pk,
    )
    enqueue(job, owner_id=export.owner_id, subject=f"export:{export.pk}", job_id=job_id)
