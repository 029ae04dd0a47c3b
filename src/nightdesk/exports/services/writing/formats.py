"""The formats of exports: how their files are called, and who writes them."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from django.db.models import QuerySet

from nightdesk.core.errors import InvalidInput
from nightdesk.exports.errors import TooManyRows
from nightdesk.exports.models import FileFormat
from nightdesk.exports.services.registry import Column
from nightdesk.exports.services.writing.columnar import check_parquet, write_parquet
from nightdesk.exports.services.writing.comma_separated import write_csv
from nightdesk.exports.services.writing.reading import Tick
from nightdesk.exports.services.writing.workbooks import write_workbook

#: Rows of one export. A file of them is several gigabytes, and takes a `cpu` process some minutes.
MAX_ROWS: Final = 20_000_000
#: zlib's own balance is 6; the levels above 4 take twice the time for a file that is a twentieth smaller.
_GZIP_LEVEL: Final = 4

OFFERED: Final = (FileFormat.CSV, FileFormat.CSV_GZIP, FileFormat.XLSX, FileFormat.PARQUET)
CONTENT_TYPES: Final[dict[str, str]] = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.CSV_GZIP: "application/gzip",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileFormat.PARQUET: "application/vnd.apache.parquet",
    FileFormat.PDF: "application/pdf",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be written and how."""

    rows: "QuerySet[Any]"
    columns: Sequence[Column]
    format: str
    is_raw: bool
    has_bom: bool


def check_format(format: str) -> FileFormat:  # noqa: A002 (as the column calls it)
    """Return the format of this name.

    Raises:
        InvalidInput: there is none. Misconfigured: it needs an extra.
    """
    if format not in OFFERED:
        raise InvalidInput(details={"format": [f"Choose one of: {', '.join(OFFERED)}."]})
    if format == FileFormat.PARQUET:
        check_parquet()
    return FileFormat(format)


def write_rows(*, wish: Wish, out: IO[bytes], tick: Tick, folder: Path) -> int:
    """Write the rows and return how many they were; `tick` is called with the number of rows so far, and may raise.

    Raises:
        TooManyRows, CellTooLong: the format cannot hold it. Misconfigured: it needs an extra.
    """
    bounded = _bounded(tick)
    if wish.format == FileFormat.XLSX:
        return write_workbook(rows=wish.rows, columns=wish.columns, out=out, tick=bounded, folder=folder)
    if wish.format == FileFormat.PARQUET:
        return write_parquet(rows=wish.rows, columns=wish.columns, out=out, tick=bounded)
    if wish.format == FileFormat.CSV_GZIP:
        # Without a time in it the same rows are the same bytes.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=_GZIP_LEVEL, fileobj=out, mtime=0) as packed:
            return _write_csv(wish, packed, bounded)
    return _write_csv(wish, out, bounded)


def _bounded(tick: Tick) -> Tick:
    def look(count: int) -> None:
        if count > MAX_ROWS:
            raise TooManyRows(f"One export holds {MAX_ROWS:,} rows and there are more. Choose fewer with a filter.")
        tick(count)

    return look


def _write_csv(wish: Wish, out: Any, tick: Tick) -> int:
    return write_csv(rows=wish.rows, columns=wish.columns, is_raw=wish.is_raw, has_bom=wish.has_bom, out=out, tick=tick)
