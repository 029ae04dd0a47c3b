"""The journal as a platform: the same order twice is one entry, and a post has one address for good."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from nightdesk.accounts.models import User
from nightdesk.core.errors import Permanent
from nightdesk.providers.publishing.protocol import NotThere, Order, Published
from nightdesk.publishing.models import JournalEntry, Post
from nightdesk.publishing.services.journal import public_url
from tests.integration.publishing.entries import CONNECTION, JOURNAL, make_content, make_order, picture, publish
from tests.support.platforms.desk import RecordedDesk
from tests.unit.providers.publishing.sources import ASSET, OTHER_ASSET

pytestmark = pytest.mark.django_db
DESK = RecordedDesk()


def test_entry_is_written_once_however_often_its_order_is_committed() -> None:
    author = User.objects.create(email="mia@example.org", first_name="Mia", last_name="Winter")
    post = Post.objects.create(author=author)
    content = make_content(tags=("tea",), excerpt="Boils.", cover=picture(OTHER_ASSET), body=f"Hi ![a](asset:{ASSET})")
    order = make_order(content, post=post)
    with pytest.raises(NotThere):
        JOURNAL.find(order, {}, CONNECTION, DESK)

    first = JOURNAL.commit(order, JOURNAL.prepare(order, CONNECTION, DESK), CONNECTION, DESK)
    again = JOURNAL.commit(order, {}, CONNECTION, DESK)

    assert first == again == JOURNAL.find(order, {}, CONNECTION, DESK)
    assert first.url == "http://localhost:8000/journal/quiet-mornings/"
    entry = JournalEntry.objects.get()
    assert (entry.post_id, entry.title, entry.excerpt, entry.tags) == (post.pk, "Quiet mornings", "Boils.", ["tea"])
    assert (entry.author_name, entry.cover_asset, entry.cover_alt) == ("Mia Winter", OTHER_ASSET, "A cup")
    assert entry.pictures == [OTHER_ASSET, ASSET]
    assert entry.html == f'<p>Hi <img src="asset:{ASSET}" alt="a"></p>\n'
    assert entry.published_at == order.frozen_at


def test_address_with_which_the_author_signs_in_is_not_public() -> None:
    post = Post.objects.create(author=User.objects.create(email="mia@example.org"))
    publish(make_content(), post=post)
    assert JournalEntry.objects.get().author_name == ""


def test_update_changes_the_text_and_neither_address_nor_day() -> None:
    post = Post.objects.create()
    published = publish(make_content(), post=post, at=timezone.now() - timedelta(days=3))
    before = JournalEntry.objects.get()
    order = make_order(make_content(title="Loud evenings"), post=post)

    changed = JOURNAL.update(order, published, CONNECTION, DESK)

    after = JournalEntry.objects.get()
    assert changed == published
    assert (after.title, after.published_at, after.slug) == ("Loud evenings", before.published_at, before.slug)
    assert after.updated_at > before.updated_at
    assert JOURNAL.update(order, published, CONNECTION, DESK) == changed
    assert JournalEntry.objects.get().updated_at == after.updated_at


def test_entry_that_was_taken_away_is_not_updated_but_published_anew_at_its_address() -> None:
    post = Post.objects.create()
    published = publish(make_content(), post=post, at=timezone.now() - timedelta(days=3))
    JOURNAL.delete(published, CONNECTION, DESK)
    JOURNAL.delete(published, CONNECTION, DESK)
    assert JournalEntry.objects.get().removed_at is not None
    with pytest.raises(Permanent, match="Publish the post anew"):
        JOURNAL.update(make_order(make_content(), post=post), published, CONNECTION, DESK)

    again = publish(make_content(title="Back"), post=post)

    entry = JournalEntry.objects.get()
    assert again == published
    assert (entry.removed_at, entry.title) == (None, "Back")
    assert entry.published_at > timezone.now() - timedelta(hours=1)


def test_addresses_are_readable_and_never_the_same() -> None:
    post = Post.objects.create()

    urls = [
        publish(make_content(title="Ein schöner Tag!")).url,
        publish(make_content(title="Ein schöner Tag"), post=post).url,
        publish(make_content(title="long " * 40)).url,
    ]

    base = "http://localhost:8000/journal/"
    assert urls == [
        f"{base}ein-sch%C3%B6ner-tag/",
        f"{base}ein-sch%C3%B6ner-tag-{post.public_id}/",
        f"{base}{'-'.join(['long'] * 16)}/",
    ]
    signs = Post.objects.create()
    assert publish(make_content(title="…"), post=signs).url == f"{base}{signs.public_id}/"


def test_post_without_a_title_is_named_by_its_first_words_and_one_without_a_body_is_refused() -> None:
    named = JOURNAL.render(make_content(title="", body="A **kettle** for two.\n\nMore."), CONNECTION)
    empty = JOURNAL.render(make_content(body=" "), CONNECTION)
    over = JOURNAL.render(make_content(title="x" * 301, tags=("t",) * 21), CONNECTION)

    assert named.payload["title"] == "A kettle for two."
    assert not named.is_blocked
    assert [one.message for one in empty.complaints] == ["There is nothing to publish. Write the body first."]
    assert [one.message for one in over.complaints] == [
        "The title has 301 characters; the journal takes 300. Shorten it by 1.",
        "There are 21 tags; the journal takes 20. Take away 1.",
    ]


def test_what_no_feed_can_hold_is_left_out() -> None:
    entry = JOURNAL.render(
        make_content(title="a\x0bb\ufffe", body="c\x00d\x1b ![far](https://kettle.example/x.jpg)"), CONNECTION
    )

    assert entry.payload["title"] == "ab"
    assert entry.payload["html"] == "<p>cd far</p>\n"
    assert [(one.part, one.is_blocking) for one in entry.complaints] == [("body", False)]


@pytest.mark.parametrize(
    ("base_url", "is_public"),
    [
        ("https://desk.kettle.org", True),
        ("http://203.0.114.7:8000", True),
        ("http://localhost:8000", False),
        ("http://127.0.0.1:8000", False),
        ("http://[::1]", False),
        ("http://192.168.1.9", False),
        ("http://desk", False),
        ("https://desk.office.internal", False),
        ("https://desk.local.", False),
    ],
)
def test_picture_has_a_public_address_only_where_everybody_can_reach_us(
    settings: Settings, base_url: str, is_public: bool
) -> None:
    settings.BASE_URL = base_url

    assert public_url(asset_id=ASSET) == (f"{base_url}/journal/pictures/{ASSET}/" if is_public else "")


def test_entry_that_is_gone_from_the_table_is_no_error_when_it_is_deleted() -> None:
    JOURNAL.delete(Published(id="4711"), CONNECTION, DESK)


@pytest.mark.django_db(transaction=True)
def test_orders_that_come_at_the_same_moment_make_one_entry_each_at_addresses_of_their_own() -> None:
    same, other = make_order(make_content()), make_order(make_content())
    together = Barrier(6)

    def commit(order: Order) -> Published:
        try:
            together.wait(10)
            return JOURNAL.commit(order, {}, CONNECTION, RecordedDesk())
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(commit, [same, other, same, same, other, same]))

    entries = JournalEntry.objects.order_by("pk")
    assert {one.id for one in found} == {str(entry.pk) for entry in entries}
    assert [entry.key for entry in entries.order_by("key")] == sorted([same.key, other.key])
    assert len({entry.slug for entry in entries}) == 2
