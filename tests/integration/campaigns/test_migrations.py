"""Rows of older versions are carried over whole."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)
APP = "campaigns"


def migrate(name: str) -> Apps:
    executor = MigrationExecutor(connection)
    executor.migrate([(APP, name)])
    return executor.loader.project_state([(APP, name)]).apps


@pytest.fixture
def before_versions() -> Iterator[Apps]:
    """Go back to the time when a piece had one text only, and come home whatever happens."""
    yield migrate("0001_initial")
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_pieces_that_there_are_become_version_one_of_themselves(before_versions: Apps) -> None:
    old: Any = before_versions
    written_at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    campaign = old.get_model(APP, "Campaign").objects.create(
        name="Autumn", brief="Nimbus.", channels=["x", "blog"], language="en", generation=3
    )
    made = [
        old.get_model(APP, "ContentPiece").objects.create(
            campaign=campaign,
            channel=channel,
            fields={"text": "“Hello”"},
            made_by="template",
            generation=3,
            warnings=["Look at it."],
            created_at=written_at,
        )
        for channel in ("x", "blog")
    ]

    new: Any = migrate("0002_brand_kits_and_versions")

    pieces = new.get_model(APP, "ContentPiece").objects.order_by("id")
    assert [(row.version, row.origin, row.updated_at, row.task_id) for row in pieces] == [
        (1, "written", written_at, None)
    ] * 2
    versions = new.get_model(APP, "PieceVersion").objects.order_by("piece_id")
    assert [
        (row.piece_id, row.number, row.fields, row.warnings, row.generation, row.created_at) for row in versions
    ] == [(piece.pk, 1, {"text": "“Hello”"}, ["Look at it."], 3, written_at) for piece in made]
    assert {(row.made_by, row.origin, row.author_id, row.brand_version_id) for row in versions} == {
        ("template", "written", None, None)
    }
    kept = new.get_model(APP, "Campaign").objects.get()
    assert (kept.brand_kit_id, kept.brand_version_id, kept.brand_warnings) == (None, None, [])
