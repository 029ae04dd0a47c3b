"""Static files through the whole middleware, asked for as a server and as Django's synchronous client would."""

from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.contrib import admin
from django.test import AsyncClient, Client

PATH = "/static/admin/css/base.css"
CONTENT = (Path(admin.__file__).parent / "static" / "admin" / "css" / "base.css").read_bytes()


def test_file_is_served_whole_under_asgi() -> None:
    answer = async_to_sync(AsyncClient().get)(PATH)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer["Content-Type"] == 'text/css; charset="utf-8"'
    assert answer["Cache-Control"] == "max-age=300, public"


def test_file_is_served_whole_by_the_synchronous_chain() -> None:
    answer = Client().get(PATH)
    assert (answer.status_code, answer.content) == (200, CONTENT)


def test_file_that_did_not_change_is_not_sent_again() -> None:
    answer = Client().get(PATH, headers={"If-None-Match": Client().get(PATH)["ETag"]})
    assert (answer.status_code, answer.content) == (304, b"")


def test_part_of_a_file_is_sent_when_asked_for() -> None:
    answer = Client().get(PATH, headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (206, CONTENT[10:20])


@pytest.mark.parametrize("path", ["/static/none.css", "/static/../settings.py", "/static/"])
def test_path_that_is_no_file_is_404(path: str) -> None:
    assert Client().get(path).status_code == 404


def test_file_cannot_be_posted_to() -> None:
    assert Client().post(PATH).status_code == 405
