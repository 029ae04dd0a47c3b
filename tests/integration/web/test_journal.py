"""The journal as its readers get it: pages, feeds and pictures, without a session."""

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from nightdesk.images.models import Asset, StoredFile
from nightdesk.publishing.models import JournalEntry, PublishedPost
from nightdesk.web.middleware import CONTENT_POLICY
from tests.integration.images.store import describe
from tests.integration.publishing.entries import CONNECTION, JOURNAL, make_content, make_order, picture, publish
from tests.integration.web.pictures import make_picture
from tests.support.platforms.desk import RecordedDesk
from tests.unit.providers.publishing.sources import ASSET

pytestmark = pytest.mark.django_db

BASE = "https://desk.kettle.org"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def _address(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGES = describe({}, tmp_path)
    settings.BASE_URL = BASE
    settings.JOURNAL_TITLE = "Fernweh & friends"


def test_entry_is_shown_to_everybody_with_what_others_need_to_show_it(client: Client) -> None:
    content = make_content(
        body=f"# Head\n\n![a cup](asset:{ASSET})\n\n<script>alert(1)</script>",
        excerpt='It "boils".',
        tags=("tea", "c/d"),
        canonical_url="https://kettle.example/first",
        cover=picture(ASSET, alt="Two cups"),
    )
    publish(content)

    answer = client.get("/journal/quiet-mornings/")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer["Content-Security-Policy"] == CONTENT_POLICY
    assert answer["Cache-Control"] == "public, no-cache"
    assert "Cookie" not in answer.get("Vary", "")
    assert not answer.cookies
    for part in (
        "<title>Quiet mornings · Fernweh &amp; friends</title>",
        '<link rel="canonical" href="https://kettle.example/first">',
        f'<link rel="alternate" type="application/atom+xml" title="Fernweh &amp; friends (Atom)" href="{BASE}/journal/atom.xml">',
        '<meta name="description" content="It &quot;boils&quot;.">',
        f'<meta property="og:url" content="{BASE}/journal/quiet-mornings/">',
        f'<meta property="og:image" content="{BASE}/journal/pictures/{ASSET}/">',
        "<h2>Head</h2>",
        f'<img src="/journal/pictures/{ASSET}/" alt="a cup">',
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        '<a href="/journal/tags/c/d/" rel="tag">c/d</a>',
    ):
        assert part in page
    assert "<script" not in page


def test_list_is_paged_newest_first_and_tags_have_lists_of_their_own(client: Client) -> None:
    now = timezone.now()
    for number in range(12):
        tags = ("Grüner Tee",) if number % 2 else ("tea", "Grüner Tee plus")
        publish(make_content(title=f"Entry {number}", tags=tags), at=now - timedelta(days=number))

    first, second = client.get("/journal/"), client.get("/journal/?page=2")
    tagged = client.get("/journal/tags/Grüner Tee/")

    assert [entry.title for entry in first.context["page"]] == [f"Entry {number}" for number in range(10)]
    assert [entry.title for entry in second.context["page"]] == ["Entry 10", "Entry 11"]
    assert [entry.title for entry in tagged.context["page"]] == [f"Entry {number}" for number in range(1, 12, 2)]
    assert f'<link rel="canonical" href="{BASE}/journal/?page=2">' in second.content.decode()
    assert client.get("/journal/tags/Gr/").status_code == 404
    assert client.get('/journal/tags/","/').status_code == 404


def test_journal_without_an_entry_says_so_and_has_valid_feeds(client: Client) -> None:
    assert "Nothing has been published here yet." in client.get("/journal/").content.decode()
    for name in ("rss.xml", "atom.xml"):
        feed = client.get(f"/journal/{name}").content
        assert not feedparser.parse(feed).bozo
        assert client.get(f"/journal/{name}").content == feed


def test_removed_entry_is_gone_everywhere_and_its_address_says_so(client: Client) -> None:
    published = publish(make_content())
    etag = client.get("/journal/quiet-mornings/")["ETag"]
    JOURNAL.delete(published, CONNECTION, RecordedDesk())

    answer = client.get("/journal/quiet-mornings/", headers={"If-None-Match": etag})

    assert answer.status_code == 410
    assert "This entry was taken away by its authors." in answer.content.decode()
    assert client.get("/journal/nothing/").status_code == 404
    assert "Quiet mornings" not in client.get("/journal/").content.decode()
    assert feedparser.parse(client.get("/journal/rss.xml").content).entries == []


@pytest.mark.parametrize("path", ["/journal/", "/journal/quiet-mornings/", "/journal/rss.xml", "/journal/atom.xml"])
def test_page_that_did_not_change_is_not_sent_again(
    client: Client, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    order = make_order(make_content())
    published = JOURNAL.commit(order, {}, CONNECTION, RecordedDesk())
    etag = client.get(path)["ETag"]

    with django_assert_num_queries(1):
        same = client.get(path, headers={"If-None-Match": etag})
    JOURNAL.update(make_order(make_content(body="New.")), published, CONNECTION, RecordedDesk())
    other = client.get(path, headers={"If-None-Match": etag})

    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_as_many_queries_for_three_entries_as_for_one(
    client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        publish(make_content(title=f"Entry {number}"))
    with django_assert_num_queries(3):  # fingerprint, count, page
        client.get("/journal/")
    with django_assert_num_queries(2):  # fingerprint, entry
        client.get("/journal/entry-0/")
    with django_assert_num_queries(2):  # fingerprint, entries
        client.get("/journal/atom.xml")


def make_feed_entries() -> JournalEntry:
    body = f'One & **two** [up](/top) ![a "cup"](asset:{ASSET}) ]]> 👩‍👩‍👧 \x0b'
    publish(
        make_content(title="<Quiet> & more", body=body, excerpt="Boils.", tags=("tea & cups",), cover=picture(ASSET)),
        at=timezone.now() - timedelta(days=2),
    )
    publish(make_content(title="Second"), at=timezone.now() - timedelta(days=1))
    return JournalEntry.objects.get(title="<Quiet> & more")


def test_rss_feed_holds_whole_entries_with_absolute_addresses(client: Client) -> None:
    entry = make_feed_entries()

    answer = client.get("/journal/rss.xml")

    feed: Any = feedparser.parse(answer.content, response_headers={"content-type": answer["Content-Type"]})
    assert not feed.bozo
    assert (feed.version, feed.feed.title, feed.feed.link) == ("rss20", "Fernweh & friends", f"{BASE}/journal/")
    assert [link.href for link in feed.feed.links if link.rel == "self"] == [f"{BASE}/journal/rss.xml"]
    second, first = feed.entries
    assert (second.title, first.title) == ("Second", "<Quiet> & more")
    assert first.link == f"{BASE}/journal/{entry.slug}/"
    assert not first.guidislink
    assert first.summary == "Boils."
    assert [tag.term for tag in first.tags] == ["tea & cups"]
    html = first.content[0].value
    assert f'src="{BASE}/journal/pictures/{ASSET}/"' in html
    assert f'href="{BASE}/top"' in html
    assert "One &amp; <strong>two</strong>" in html


def test_atom_feed_keeps_the_rules_of_its_standard(client: Client) -> None:
    entry = make_feed_entries()

    answer = client.get("/journal/atom.xml")

    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert not feedparser.parse(answer.content).bozo
    root = ET.fromstring(answer.content)
    # RFC 4287, 4.1.1: id, title, updated once; an author in the feed or in each entry; a link to itself.
    for part in ("id", "title", "updated", "author"):
        assert len(root.findall(ATOM + part)) == 1
    assert [link.get("href") for link in root.findall(f"{ATOM}link[@rel='self']")] == [f"{BASE}/journal/atom.xml"]
    ids = [one.findtext(f"{ATOM}id") or "" for one in root.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids) == 2
    assert all(one.startswith("urn:uuid:") for one in ids)
    for one in root.findall(f"{ATOM}entry"):
        # 4.1.2: id, title, updated once; content, or a link to it.
        for part in ("id", "title", "updated", "published", "content"):
            assert len(one.findall(ATOM + part)) == 1
        assert len(one.findall(f"{ATOM}link[@rel='alternate']")) == 1
        for moment in ("updated", "published"):
            assert datetime.fromisoformat(one.findtext(ATOM + moment) or "").tzinfo is not None
        content = one.find(f"{ATOM}content")
        assert content is not None
        assert content.get("type") == "html"
    assert root.findtext(f"{ATOM}updated") == max(
        one.findtext(f"{ATOM}updated") or "" for one in root.findall(f"{ATOM}entry")
    )

    JournalEntry.objects.filter(pk=entry.pk).update(title="Renamed", slug="renamed", updated_at=timezone.now())
    again = ET.fromstring(client.get("/journal/atom.xml").content)
    assert [one.findtext(f"{ATOM}id") for one in again.findall(f"{ATOM}entry")] == ids


def make_file(data: bytes) -> Asset:
    asset = make_picture()
    StoredFile.objects.create(name=default_storage.save(f"assets/{asset.pk}.jpg", ContentFile(data)), asset=asset)
    return asset


def test_picture_is_public_only_while_something_public_shows_it(client: Client) -> None:
    names = ("shown", "handed out", "fetched", "taken", "private")
    pictures = shown, handed_out, fetched, taken, _ = [make_file(name.encode()) for name in names]
    published = publish(make_content(body=f"![a](asset:{shown.pk})"))
    in_text = {"payload": {"body_markdown": f"![a]({BASE}/journal/pictures/{handed_out.pk}/)"}}
    for rows in (
        {"platform": "slack", **in_text},
        {"platform": "dev.to", "pictures": [{"public_url": f"{BASE}/journal/pictures/{fetched.pk}/"}]},
        {"platform": "ghost", "pictures": [{"public_url": f"{BASE}/journal/pictures/{taken.pk}/"}]},
    ):
        PublishedPost.objects.filter(key=make_order(make_content()).key).update(**rows)

    def statuses() -> list[int]:
        return [client.get(f"/journal/pictures/{one.pk}/").status_code for one in pictures]

    assert statuses() == [200, 200, 200, 404, 404]
    answer = client.get(f"/journal/pictures/{shown.pk}/")
    assert (answer.content, answer["Content-Type"]) == (b"shown", "image/jpeg")
    assert answer["Cache-Control"] == "public, max-age=86400"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert client.get("/journal/pictures/%22%25/").status_code == 404

    JOURNAL.delete(published, CONNECTION, RecordedDesk())
    PublishedPost.objects.update(status="failed")
    assert statuses() == [404, 404, 404, 404, 404]
