"""A report as CSV: every number is one line that says what it is, so that a program can sort and sum them."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

from nightdesk.exports.services.writing import defuse

HEADER: Final = ("part", "name", "line", "label", "column", "value")


def write_lines(*, dataset: Mapping[str, Any], out: BinaryIO) -> None:
    """Write totals, days and tables, in UTF-8; text that a spreadsheet would take for a formula is defused.

    `part` is total, day or table; `line` counts the lines of a series or a table, `label` is the day or the line's first
    cell.
    """
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(HEADER)
        writer.writerows([_cell(value) for value in line] for line in _lines(dataset))
    finally:
        text.detach()  # closing is for whoever opened it


def _lines(dataset: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for line, total in enumerate(dataset["totals"], start=1):
        yield "total", total["name"], line, "", "", total["value"]
    for series in dataset["series"]:
        for line, (day, count) in enumerate(series["days"], start=1):
            yield "day", series["name"], line, day, series["unit"], count
    for table in dataset["tables"]:
        for line, row in enumerate(table["rows"], start=1):
            for column, value in zip(table["columns"][1:], row[1:], strict=True):
                yield "table", table["name"], line, row[0], column, value


def _cell(value: Any) -> Any:
    return defuse(value) if isinstance(value, str) else value
