"""Excel workbooks of one sheet. Numbers, moments and booleans are such; text is text, whatever it begins with."""

import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from django.db.models import QuerySet

from nightdesk.exports.errors import CellTooLong, TooManyRows
from nightdesk.exports.services.registry import Column, ValueKind
from nightdesk.exports.services.writing.cells import write_json
from nightdesk.exports.services.writing.reading import Tick, read_rows

#: Of a sheet, the header included (support.microsoft.com, "Excel specifications and limits").
MAX_ROWS: Final = 1_048_576 - 1
MAX_CELL_CHARS: Final = 32_767
#: 1900 is a leap year in Excel: serial numbers are right from March on, and before 1900 there are none.
_FIRST_DAY: Final = datetime(1900, 3, 1)  # noqa: DTZ001 (a sheet knows no zones)
_DATE: Final = "yyyy-mm-dd hh:mm:ss"
_LOOK: Final[dict[ValueKind, int]] = {ValueKind.MOMENT: 20, ValueKind.TEXT: 24, ValueKind.JSON: 24, ValueKind.UUID: 38}

Writer = Callable[[int, int, Any], int | None]


def write_workbook(
    *, rows: "QuerySet[Any]", columns: Sequence[Column], out: IO[bytes], tick: Tick, folder: Path
) -> int:
    """Write rows as a workbook and return how many they were. `folder` holds the sheet until it is packed.

    Raises:
        TooManyRows, CellTooLong: a sheet cannot hold it.
    """
    import xlsxwriter  # megabytes that other formats need not hold
    from xlsxwriter.exceptions import FileCreateError

    with tempfile.TemporaryDirectory(prefix="export-", suffix=".parts", dir=folder) as parts:
        options = {"constant_memory": True, "tmpdir": parts, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(out, options)
        book.use_zip64()
        try:
            count = _fill(book, rows, columns, tick)
            book.close()
        except FileCreateError as error:
            raise error.__context__ or error from None  # what the disk said
        finally:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()  # which stays open where the book was not packed
    return count


def _fill(book: Any, rows: "QuerySet[Any]", columns: Sequence[Column], tick: Tick) -> int:
    sheet = book.add_worksheet("Export")
    bold, date = book.add_format({"bold": True}), book.add_format({"num_format": _DATE})
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, _LOOK.get(column.kind, 12))
        sheet.write_string(0, place, column.name, bold)
    writers = [_choose_writer(sheet, column, date) for column in columns]
    count = 0
    for count, row in enumerate(read_rows(rows, columns, tick=tick), start=1):
        if count > MAX_ROWS:
            raise TooManyRows(
                f"A sheet holds {MAX_ROWS:,} rows and there are more. Choose fewer with a filter, or export as CSV."
            )
        for place, value in enumerate(row):
            if value is not None:
                writers[place](count, place, value)
    return count


def _choose_writer(sheet: Any, column: Column, date: Any) -> Writer:
    if column.kind is ValueKind.INTEGER:
        return sheet.write_number  # type: ignore[no-any-return]
    if column.kind is ValueKind.BOOLEAN:
        return sheet.write_boolean  # type: ignore[no-any-return]
    if column.kind is ValueKind.MOMENT:
        return partial(_write_moment, sheet, date)
    return partial(_write_text, sheet, column)


def _write_moment(sheet: Any, date: Any, row: int, place: int, value: datetime) -> None:
    plain = value.astimezone(UTC).replace(tzinfo=None)
    if plain < _FIRST_DAY:
        sheet.write_string(row, place, plain.isoformat(sep=" "))
    else:
        sheet.write_datetime(row, place, plain, date)


def _write_text(sheet: Any, column: Column, row: int, place: int, value: Any) -> None:
    text = write_json(value) if column.kind is ValueKind.JSON else str(value)
    if len(text) > MAX_CELL_CHARS:
        raise CellTooLong(
            f"Row {row:,} has {len(text):,} characters in {column.name}; a cell of a workbook holds {MAX_CELL_CHARS:,}. "
            "Leave that field out, or export as CSV."
        )
    sheet.write_string(row, place, text)
