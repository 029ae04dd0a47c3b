"""Parquet files for programs: typed columns, in groups of rows. Needs the extra `parquet`."""

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import islice
from typing import IO, Any, Final

from django.db.models import QuerySet

from nightdesk.core.errors import Misconfigured
from nightdesk.exports.services.registry import Column, ValueKind
from nightdesk.exports.services.writing.cells import write_json
from nightdesk.exports.services.writing.reading import Tick, read_rows

#: Rows of one group: large enough to compress well, small enough to lie in memory as Python's objects.
_GROUP_ROWS: Final = 20_000
_EXTRA: Final = "nightdesk[parquet]"


def check_parquet() -> None:
    """Say so when files like this cannot be made here.

    Raises:
        Misconfigured: the extra is not installed.
    """
    if find_spec("pyarrow") is None:
        raise Misconfigured(
            f"Parquet files need an extra that is not installed here. Install {_EXTRA}, then start Nightdesk again; or "
            "choose another format.",
            setting=_EXTRA,
        )


def write_parquet(*, rows: "QuerySet[Any]", columns: Sequence[Column], out: IO[bytes], tick: Tick) -> int:
    """Write rows as Parquet and return how many they were. Text is as it is; no value and "" are told apart.

    Raises:
        Misconfigured: see `check_parquet`.
    """
    check_parquet()
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        ValueKind.INTEGER: pa.int64(),
        ValueKind.BOOLEAN: pa.bool_(),
        ValueKind.MOMENT: pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(column.name, types.get(column.kind, pa.string())) for column in columns])
    found, count = read_rows(rows, columns, tick=tick), 0
    with pq.ParquetWriter(pa.PythonFile(out, mode="w"), schema, compression="zstd") as writer:
        while group := list(islice(found, _GROUP_ROWS)):
            cells = [_plain(column, values) for column, values in zip(columns, zip(*group, strict=True), strict=True)]
            arrays = [pa.array(values, type=one.type) for values, one in zip(cells, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(group)
    return count


def _plain(column: Column, cells: Sequence[Any]) -> Sequence[Any]:
    if column.kind is ValueKind.JSON:
        return [write_json(value) for value in cells]
    if column.kind is ValueKind.UUID:
        return [None if value is None else str(value) for value in cells]
    return cells
