"""CSV as RFC 4180 has it, but for the line ends, which are single: from PostgreSQL by COPY, else row by row."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from typing import IO, Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from nightdesk.exports.services.registry import Column
from nightdesk.exports.services.writing.cells import cell_makers, cell_sql
from nightdesk.exports.services.writing.defusing import defuse
from nightdesk.exports.services.writing.reading import ROWS_AT_ONCE, Tick, read_rows

#: Written at once: hashing and writing cost next to nothing from here on, and memory stays small.
_BLOCK_BYTES: Final = 256 * 1024


def write_csv(
    *, rows: "QuerySet[Any]", columns: Sequence[Column], is_raw: bool, has_bom: bool, out: IO[bytes], tick: Tick
) -> int:
    """Write rows as CSV and return how many they were. Text is defused unless `is_raw`; an empty cell is no value or "".

    A file of one column has all its cells in quotes: many readers skip an empty line.
    """
    if has_bom:
        out.write(codecs.BOM_UTF8)
    out.write(_write_header(columns))
    if connection.vendor == "postgresql":
        return _copy(rows, columns, is_raw=is_raw, out=out, tick=tick)
    return _write_rows(rows, columns, is_raw=is_raw, out=out, tick=tick)


def _write_header(columns: Sequence[Column]) -> bytes:
    lines = _Lines()
    _writer(lines, columns).writerow([defuse(column.name) for column in columns])
    return lines.take()


# ---- PostgreSQL


def _copy(rows: "QuerySet[Any]", columns: Sequence[Column], *, is_raw: bool, out: IO[bytes], tick: Tick) -> int:
    """Let PostgreSQL write the cells: one statement, whose blocks go straight into the file."""
    cells = {f"cell_{number}": cell_sql(column, is_raw=is_raw) for number, column in enumerate(columns)}
    try:
        sql, params = rows.annotate(**cells).values_list(*cells).query.sql_with_params()
    except EmptyResultSet:
        return 0
    options = "FORMAT csv"
    if len(columns) == 1:
        sql, options = f"SELECT COALESCE(cell_0::text, '') FROM ({sql}) one", "FORMAT csv, FORCE_QUOTE *"  # noqa: S608 (of the ORM's making)
    copy = f"COPY ({sql}) TO STDOUT WITH ({options})"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(copy, params) as blocks:
        return _pass_on(blocks, out, tick)


def _pass_on(blocks: Iterator[bytes], out: IO[bytes], tick: Tick) -> int:
    """Write what comes, one row a block, as larger blocks; return how many rows they were."""
    pending, count = bytearray(), 0
    for block in blocks:
        pending += block
        count += 1
        if len(pending) >= _BLOCK_BYTES:
            out.write(pending)
            pending = bytearray()
            tick(count)
    out.write(pending)
    return count


# ---- any other database


class _Lines:
    """What a `csv.writer` writes to: rows with their ends, which are made single."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def write(self, line: str) -> None:
        """Take one row."""
        self._lines.append(line[:-2])

    def take(self) -> bytes:
        """Return the rows since the last time."""
        text = "\n".join([*self._lines, ""])
        self._lines.clear()
        return text.encode()


def _writer(lines: _Lines, columns: Sequence[Column]) -> Any:
    # Only with both in the line end does `csv` put a lone CR and a lone LF in quotes, as COPY does.
    quoting: Any = csv.QUOTE_ALL if len(columns) == 1 else csv.QUOTE_MINIMAL
    return csv.writer(lines, lineterminator="\r\n", quoting=quoting)


def _write_rows(rows: "QuerySet[Any]", columns: Sequence[Column], *, is_raw: bool, out: IO[bytes], tick: Tick) -> int:
    makers = [(place, make) for place, make in enumerate(cell_makers(columns, is_raw=is_raw)) if make]
    lines, count = _Lines(), 0
    write = _writer(lines, columns).writerow
    for count, row in enumerate(read_rows(rows, columns, tick=tick), start=1):
        cells = list(row)
        for place, make in makers:
            cells[place] = make(cells[place])
        write(cells)
        if count % ROWS_AT_ONCE == 0:
            out.write(lines.take())
    out.write(lines.take())
    return count
