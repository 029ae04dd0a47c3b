"""Exports, as their owner gets them."""

import hashlib
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.models import User
from nightdesk.engine.testing import drain
from nightdesk.exports import services
from nightdesk.exports.models import Export, ExportFile
from tests.integration.web.posts import make_post, read

pytestmark = pytest.mark.django_db
#: A file is written from a transaction of its own, which PostgreSQL does not begin within that of a test.
WRITES = pytest.mark.django_db(transaction=True)

ASKED: dict[str, Any] = {"model": "post", "format": "csv", "fields": ["id", "title"]}


def order(user: User, **more: Any) -> Export:
    asked = {"model_name": "post", "filters": {}, "fields": ["id", "title"], **more}
    return services.order_export(**asked, user_id=user.pk, is_operator=False)


# ---- the list


def test_list_without_exports_says_how_to_begin(browser_of_member: Client) -> None:
    assert "There is no export yet." in read(browser_of_member, "/exports/")


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_queries_whatever_its_length(
    browser_of_member: Client, member: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        order(member)
    with django_assert_num_queries(7):  # session, user, count, exports, files, jobs, what the frame counts
        page = read(browser_of_member, "/exports/")
    assert page.count('data-key="export-') == page.count("data-unfinished") == count


def test_export_of_somebody_else_is_not_there(browser_of_member: Client, operator: User) -> None:
    theirs = order(operator)
    assert 'data-key="export-' not in read(browser_of_member, "/exports/")
    assert browser_of_member.get("/exports/new/", {"from": theirs.pk}).status_code == 404
    for path in ("", "download/"):
        assert browser_of_member.get(f"/exports/{theirs.pk}/{path}").status_code == 404
    for path in ("again/", "delete/"):
        assert browser_of_member.post(f"/exports/{theirs.pk}/{path}").status_code == 404
    assert Export.objects.count() == 1


# ---- a new one


@pytest.mark.parametrize("model", [one.name for one in services.offered()])
def test_every_model_has_a_form_that_asks_for_all_its_fields(
    browser_of_member: Client, member: User, model: str
) -> None:
    page = read(browser_of_member, f"/exports/new/?model={model}")
    info = next(one for one in services.offered() if one.name == model)
    assert page.count('name="fields"') == page.count(" checked> ") - 1 == len(info.fields)  # and the format
    assert 'type="date"' in page


def test_form_without_scripts_counts_before_it_exports(browser_of_member: Client, member: User) -> None:
    make_post(member, "Kettle")
    answer = browser_of_member.post("/exports/new/count/", ASKED)
    page = answer.content.decode()
    assert "<strong>1 row</strong>" in page
    assert 'name="fields" value="title" checked' in page
    assert 'name="fields" value="body" checked' not in page
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "<strong>2 rows</strong>"),
        ({"filter.title__icontains": "kett"}, "<strong>1 row</strong>"),
        ({"filter.created_at__gte": "2026-13-45"}, "This must be a day like"),
        ({"model": "password"}, "This form is incomplete."),
    ],
)
def test_count_follows_what_is_typed(browser_of_member: Client, member: User, typed: dict[str, str], said: str) -> None:
    make_post(member, "Kettle")
    make_post(member, "Lamp")
    answer = browser_of_member.get("/exports/new/count/", {"model": "post", **typed}, headers={"HX-Request": "true"})
    assert said in answer.content.decode()


def test_export_takes_the_fields_in_their_order_and_the_rows_that_match(
    browser_of_member: Client, member: User
) -> None:
    sent = {
        **ASKED,
        "fields": ["id", "title", "state"],
        "place.id": "3",
        "place.title": "1",
        "place.state": "2",
        "filter.state": "draft",
        "has_bom": "yes",
    }
    answer = browser_of_member.post("/exports/new/", sent)
    made = Export.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/exports/{made.pk}/")
    assert (made.fields, made.filters) == (["title", "state", "id"], {"state": "draft"})
    assert (made.has_bom, made.is_raw, made.owner_id) == (True, False, member.pk)
    page = read(browser_of_member, f"/exports/{made.pk}/")
    assert page.index("<li>Title</li>") < page.index("<li>State</li>") < page.index("<li>Number</li>")
    assert '<li>State: <span dir="auto">Draft</span></li>' in page


def test_what_is_wrong_stands_beside_its_field_and_what_was_chosen_stays(browser_of_member: Client) -> None:
    sent = {**ASKED, "fields": [], "filter.created_at__gte": "never", "format": "doc"}
    assert b"Tick at least one field." in browser_of_member.post("/exports/new/", sent).content
    answer = browser_of_member.post("/exports/new/", {**sent, "fields": ["title"], "format": "csv"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'id="filter-created_at__gte-complaint"' in page
    assert 'value="never"' in page
    assert page.count('name="fields" value="title" checked') == 1
    assert page.count(" checked> ") == 2
    assert browser_of_member.post("/exports/new/", {**sent, "fields": ["title"]}).status_code == 400
    assert not Export.objects.exists()


# ---- one that was made


@WRITES
def test_file_is_downloaded_and_is_what_its_sum_says(browser_of_member: Client, member: User) -> None:
    make_post(member, "=1+1")
    made = order(member)
    assert browser_of_member.get(f"/exports/{made.pk}/download/").status_code == 409
    drain()
    page = read(browser_of_member, f"/exports/{made.pk}/")
    answer = browser_of_member.get(f"/exports/{made.pk}/download/")
    body = b"".join(answer)
    assert b",'=1+1" in body
    assert hashlib.sha256(body).hexdigest() == ExportFile.objects.get().sha256
    assert f'value="{ExportFile.objects.get().sha256}"' in page
    assert "1 row" in page
    part = browser_of_member.get(f"/exports/{made.pk}/download/", headers={"Range": "bytes=4-9"})
    assert (part.status_code, b"".join(part)) == (206, body[4:10])


def test_again_asks_for_the_same_and_changes_begin_with_it(browser_of_member: Client, member: User) -> None:
    first = order(member, filters={"id__in": [1, 2], "title__icontains": "kett"}, format="xlsx", is_raw=True)
    page = read(browser_of_member, f"/exports/new/?from={first.pk}")
    assert 'name="filter.id__in" type="text" value="1, 2"' in page
    assert 'name="filter.title__icontains" type="text" value="kett"' in page
    assert 'value="xlsx" checked' in page
    assert 'name="is_raw" value="yes" checked' in page
    browser_of_member.post(f"/exports/{first.pk}/again/")
    again = Export.objects.latest("pk")
    assert again.pk != first.pk
    for name in ("model_name", "filters", "fields", "format", "is_raw", "has_bom", "owner_id"):
        assert getattr(again, name) == getattr(first, name)


@WRITES
def test_deleted_export_is_gone_with_its_file(browser_of_member: Client, member: User) -> None:
    made = order(member)
    drain()
    assert browser_of_member.post(f"/exports/{made.pk}/delete/").status_code == 302
    assert browser_of_member.get(f"/exports/{made.pk}/").status_code == 404
    assert browser_of_member.get(f"/exports/{made.pk}/download/").status_code == 404


def test_one_too_many_is_refused_in_the_form(browser_of_member: Client, member: User) -> None:
    for _ in range(5):
        order(member)
    answer = browser_of_member.post("/exports/new/", ASKED)
    assert answer.status_code == 409
    assert "exports are not finished" in answer.content.decode()


@WRITES
def test_file_whose_time_is_over_says_so(browser_of_member: Client, member: User) -> None:
    made = order(member)
    drain()
    Export.objects.filter(pk=made.pk).update(state="expired")
    assert browser_of_member.get(f"/exports/{made.pk}/download/").status_code == 410
    assert "<strong>Expired</strong>" in read(browser_of_member, "/exports/")


def test_home_names_an_export_by_its_rows(browser_of_member: Client, member: User) -> None:
    made = order(member)
    assert f'<a href="/exports/{made.pk}/">Posts as CSV</a>' in read(browser_of_member, "/")
