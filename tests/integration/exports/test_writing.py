"""Rows as files: what is in them, to the byte, on both databases."""

import csv
import gzip
import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.campaigns.models import Campaign
from nightdesk.core.redaction import clean_text
from nightdesk.exports.errors import CellTooLong, TooManyRows
from nightdesk.exports.services import check_order
from nightdesk.exports.services.writing import Wish, one_look, restore, workbooks, write_rows

MOMENT = datetime(2026, 11, 25, 18, 30, 0, 250_000, tzinfo=UTC)
TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def make_campaign(name: str = "Spring", **fields: Any) -> Campaign:
    usual = {"brief": "A brief.", "channels": ["blog"], "language": "en", "created_at": MOMENT, "updated_at": MOMENT}
    return Campaign.objects.create(name=name, **{**usual, **fields})


def write(tmp_path: Path, fields: list[str], format: str = "csv", **options: Any) -> bytes:  # noqa: A002
    model_name = options.pop("model_name", "campaign")
    order = check_order(model_name=model_name, filters={}, fields=fields, format=format, user_id=None, is_operator=True)
    out = io.BytesIO()
    wish = Wish(
        rows=order.rows(),
        columns=order.columns,
        format=format,
        is_raw=options.get("is_raw", False),
        has_bom=options.get("has_bom", False),
    )
    with one_look(limit_s=60):
        write_rows(wish=wish, out=out, tick=options.get("tick", lambda _count: None), folder=tmp_path)
    return out.getvalue()


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


@pytest.mark.django_db(transaction=True)
def test_look_at_the_rows_lasts_as_long_as_the_run_may_while_a_workbook_is_packed() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite ends no transaction that nobody uses")
    with one_look(limit_s=600), connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("10min",)


@pytest.mark.django_db(transaction=True)
def test_csv_is_the_same_bytes_on_both_databases(tmp_path: Path) -> None:
    one = make_campaign(
        '=HYPERLINK("x")',
        brief='Two lines\nand "quotes", commas\rand a return',
        channels=["blog", "ümläut", {"long key": 1, "b": [True, None, 1.5], "a": "\u2028"}],
        ai_processed_at=MOMENT.replace(microsecond=0),
    )
    two = make_campaign("\uff1dwide", product="", audience="\u3000@x", created_at=MOMENT.replace(microsecond=123_456))

    data = write(
        tmp_path,
        ["id", "name", "brief", "product", "audience", "channels", "brand_kit_id", "ai_processed_at", "created_at"],
        has_bom=True,
    )

    assert data.decode() == (
        "\ufeffid,name,brief,product,audience,channels,brand_kit_id,ai_processed_at,created_at\n"
        f'{one.pk},"\'=HYPERLINK(""x"")","Two lines\nand ""quotes"", commas\rand a return",,,'
        '"[""blog"", ""ümläut"", {""a"": ""\u2028"", ""b"": [true, null, 1.5], ""long key"": 1}]",,'
        "2026-11-25 18:30:00Z,2026-11-25 18:30:00.25Z\n"
        f'{two.pk},\'\uff1dwide,A brief.,,\'\u3000@x,"[""blog""]",,,2026-11-25 18:30:00.123456Z\n'
    )


@pytest.mark.django_db(transaction=True)
def test_a_raw_csv_keeps_text_as_it_is(tmp_path: Path) -> None:
    make_campaign("=1+1", product="")

    assert read(write(tmp_path, ["name", "product"], is_raw=True)) == [["name", "product"], ["=1+1", ""]]


@pytest.mark.django_db(transaction=True)
def test_a_csv_of_one_column_has_no_empty_lines(tmp_path: Path) -> None:
    for product in ("", "\\.", "tea"):
        make_campaign(product=product)

    assert write(tmp_path, ["product"]) == b'"product"\n""\n"\\."\n"tea"\n'
    assert write(tmp_path, ["brand_kit_id"]) == b'"brand_kit_id"\n""\n""\n""\n'


@pytest.mark.django_db(transaction=True)
def test_booleans_and_ids_of_jobs_are_written_in_full(tmp_path: Path) -> None:
    from nightdesk.engine.enqueue import enqueue
    from nightdesk.exports.jobs import ExportDataToCsv

    job_id = enqueue(ExportDataToCsv(model_name="user"))

    assert read(write(tmp_path, ["id", "state", "result_gone", "started_at"], model_name="job"))[1] == [
        str(job_id), "waiting", "false", "",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_gzipped_csv_holds_the_same_and_is_the_same_each_time(tmp_path: Path) -> None:
    make_campaign()

    packed = write(tmp_path, ["id", "name"], "csv.gz")

    assert gzip.decompress(packed) == write(tmp_path, ["id", "name"])
    assert hashlib.sha256(packed).digest() == hashlib.sha256(write(tmp_path, ["id", "name"], "csv.gz")).digest()


@pytest.mark.django_db(transaction=True)
def test_a_workbook_has_numbers_dates_and_text_that_is_no_formula(tmp_path: Path) -> None:
    campaign = make_campaign("=1+1", brief="http://example.org", ai_processed_at=None)

    data = write(tmp_path, ["id", "name", "brief", "channels", "ai_processed_at", "created_at"], "xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(data))["Export"]
    header, row = list(sheet.iter_rows())
    assert [cell.value for cell in header] == ["id", "name", "brief", "channels", "ai_processed_at", "created_at"]
    assert [cell.value for cell in row] == [
        campaign.pk, "=1+1", "http://example.org", '["blog"]', None, MOMENT.replace(tzinfo=None),
    ]  # fmt: skip
    assert [cell.data_type for cell in row] == ["n", "s", "s", "s", "n", "d"]
    assert row[2].hyperlink is None
    assert list(tmp_path.glob("export-*")) == []


@pytest.mark.django_db(transaction=True)
def test_a_workbook_refuses_what_a_sheet_cannot_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_campaign(brief="x" * 32_768)
    with pytest.raises(CellTooLong, match=r"Row 1 has 32,768 characters in brief"):
        write(tmp_path, ["id", "brief"], "xlsx")

    monkeypatch.setattr(workbooks, "MAX_ROWS", 1)
    make_campaign()
    with pytest.raises(TooManyRows, match="A sheet holds 1 rows"):
        write(tmp_path, ["id"], "xlsx")
    assert list(tmp_path.glob("export-*")) == []


@pytest.mark.django_db(transaction=True)
def test_a_parquet_file_has_types_and_tells_nothing_from_empty(tmp_path: Path) -> None:
    campaign = make_campaign("=1+1", product="", channels=[{"b": 1, "a": 2}])

    data = write(tmp_path, ["id", "name", "product", "channels", "ai_processed_at", "created_at"], "parquet")

    table = pq.read_table(io.BytesIO(data))
    assert [str(one.type) for one in table.schema] == [
        "int64", "string", "string", "string", "timestamp[us, tz=UTC]", "timestamp[us, tz=UTC]",
    ]  # fmt: skip
    assert table.to_pylist() == [
        {
            "id": campaign.pk,
            "name": "=1+1",
            "product": "",
            "channels": '[{"a": 2, "b": 1}]',
            "ai_processed_at": None,
            "created_at": MOMENT,
        }
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("format", ["csv", "csv.gz", "xlsx", "parquet"])
def test_an_empty_export_has_its_header(format: str, tmp_path: Path) -> None:  # noqa: A002
    data = write(tmp_path, ["id", "name"], format)

    if format == "csv":
        assert data == b"id,name\n"
    elif format == "csv.gz":
        assert gzip.decompress(data) == b"id,name\n"
    elif format == "xlsx":
        assert [
            [cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(data))["Export"].iter_rows()
        ] == [["id", "name"]]
    else:
        assert pq.read_table(io.BytesIO(data)).schema.names == ["id", "name"]


class _Stop(Exception):
    """Whoever cancels."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("format", ["csv", "xlsx", "parquet"])
def test_rows_stop_when_they_are_told_to_and_the_connection_is_of_use(format: str, tmp_path: Path) -> None:  # noqa: A002
    Campaign.objects.bulk_create(
        Campaign(name=f"Campaign {number}", brief="x" * 200, channels=[], language="en") for number in range(4_000)
    )
    seen: list[int] = []

    def tick(count: int) -> None:
        seen.append(count)
        raise _Stop

    with pytest.raises(_Stop):
        write(tmp_path, ["id", "name", "brief"], format, tick=tick)

    assert len(seen) == 1
    assert 0 < seen[0] < 4_000
    assert Campaign.objects.count() == 4_000
    assert list(tmp_path.glob("export-*")) == []


CELLS = st.text(
    alphabet=st.one_of(
        st.sampled_from(" '\"=+-@\t\r\n\u3000\uff1d\uff0b\uff0d\uff20a1,;\\."),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    min_size=1,
    max_size=30,
)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=60)
@given(texts=st.lists(CELLS, min_size=1, max_size=60))
def test_no_cell_begins_with_a_trigger_and_all_text_can_be_had_back(texts: list[str]) -> None:
    texts = [clean_text(text) for text in texts]
    Campaign.objects.all().delete()
    Campaign.objects.bulk_create(Campaign(name=text, brief=text, channels=[text], language="en") for text in texts)

    _, *rows = read(write(Path(), ["id", "name", "brief", "channels"]))

    assert len(rows) == len(texts)
    for (_, name, brief, channels), text in zip(rows, texts, strict=True):
        assert not any(cell.startswith(TRIGGERS) for cell in (name, brief, channels))
        assert restore(name) == text
        assert restore(brief) == text
        assert json.loads(channels) == [text]
