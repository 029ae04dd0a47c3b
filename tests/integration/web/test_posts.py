"""The list of posts and the editor, as their reader gets them."""

from html import escape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.models import User
from nightdesk.campaigns.models import ContentPiece
from nightdesk.campaigns.services import create_campaign
from nightdesk.publishing import services
from nightdesk.publishing.models import Post
from tests.integration.web.pictures import make_picture
from tests.integration.web.posts import CONTENT, connect, make_post, read, send

pytestmark = pytest.mark.django_db


# ---- the list


def test_list_without_posts_says_how_to_begin(browser_of_member: Client) -> None:
    assert "There is no post yet." in read(browser_of_member, "/posts/")


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_queries_whatever_its_length(
    browser_of_member: Client, member: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        send(browser_of_member, make_post(member, f"Post {number}"), services.journal_account().pk)
    with django_assert_num_queries(6):  # session, user, count, posts, where they are, what the frame counts
        page = read(browser_of_member, "/posts/")
    assert [f"Post {number}</a>" in page for number in range(4)] == [number < count for number in range(4)]
    assert page.count('class="place"') == count


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("q=kett", {"Kettle"}),
        ("q=ÜBER", {"Über"}),
        ("state=review", {"Lamp"}),
        ("state=nonsense&q=", {"Kettle", "Über", "Lamp"}),
        ("q=a%00b", set()),
    ],
)
def test_list_is_filtered_by_its_address(browser_of_member: Client, member: User, query: str, titles: set[str]) -> None:
    for title in ("Kettle", "Über", "Lamp"):
        make_post(member, title, "Nothing")
    Post.objects.filter(title="Lamp").update(state="review")
    page = read(browser_of_member, f"/posts/?{query}")
    assert {title for title in ("Kettle", "Über", "Lamp") if f"{title}</a></h2>" in page} == titles
    assert ("No post matches." in page) == (not titles)


def test_address_of_a_new_post_by_itself_leads_to_the_list_and_makes_nothing(browser_of_member: Client) -> None:
    answer = browser_of_member.get("/posts/new/")
    assert (answer.status_code, answer["Location"], Post.objects.count()) == (302, "/posts/", 0)


# ---- the editor


def test_new_post_opens_in_the_editor_and_is_saved(browser_of_member: Client) -> None:
    begun = browser_of_member.post("/posts/new/")
    post = Post.objects.get()
    assert begun.headers["Location"] == f"/posts/{post.pk}/"
    saved = browser_of_member.post(f"/posts/{post.pk}/", {**CONTENT, "canonical_url": "", "cover": "", "version": "1"})
    post.refresh_from_db()
    assert saved.status_code == 302
    assert (post.title, post.tags, post.revision) == ("Tea for two", ["tea", "kettle"], 2)
    page = read(browser_of_member, f"/posts/{post.pk}/")
    assert '<div class="shown" dir="auto">' in page
    assert "<strong>small</strong>" in page


def test_post_begins_with_the_text_of_a_piece(browser_of_member: Client, member: User) -> None:
    campaign = create_campaign(name="Kettle", brief="A kettle.", channels=["blog"], created_by_id=member.pk)
    fields = {"title": "Small kettle", "body": "It boils.", "meta_description": "A kettle"}
    ContentPiece.objects.create(
        campaign=campaign, channel="blog", fields=fields, made_by="template", generation=campaign.generation
    )
    card = read(browser_of_member, f"/campaigns/{campaign.pk}/")
    assert f'name="piece" value="{campaign.pk}:blog"' in card
    browser_of_member.post("/posts/new/", {"piece": f"{campaign.pk}:blog"})
    assert (Post.objects.get().title, Post.objects.get().body) == ("Small kettle", "It boils.")


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    browser_of_member: Client, member: User
) -> None:
    post = make_post(member)
    sent = {"title": "x" * 301, "body": "</textarea><b>", "canonical_url": "nowhere", "tags": "", "excerpt": ""}
    answer = browser_of_member.post(f"/posts/{post.pk}/", {**sent, "version": "1"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "2 fields need another look." in page
    assert 'id="title-complaint"' in page
    assert 'id="canonical_url-complaint"' in page
    assert escape("</textarea><b>") in page


def test_whoever_saves_second_sees_both_texts(browser_of_member: Client, member: User) -> None:
    post = make_post(member)
    services.save_post(post_id=post.pk, base_revision=1, changes={"title": "Theirs"}, author_id=None)
    answer = browser_of_member.post(f"/posts/{post.pk}/", {**CONTENT, "title": "Mine", "version": "1"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="Mine"' in page
    assert '<strong dir="auto">Theirs</strong>' in page
    assert '<input type="hidden" name="version" value="2">' in page


def test_tab_of_an_account_holds_what_is_different_there(browser_of_member: Client, member: User) -> None:
    post, account = make_post(member), connect()
    address = f"/posts/{post.pk}/?account={account.pk}"
    assert "(different here)" not in read(browser_of_member, address)
    browser_of_member.post(address, {"title": "", "body": "Only here", "excerpt": "", "tags": "", "version": "1"})
    post.refresh_from_db()
    assert post.overrides == {str(account.pk): {"body": "Only here"}}
    page = read(browser_of_member, address)
    assert "(different here)" in page
    assert "Only here" in page
    browser_of_member.post(address, {"title": "", "body": "", "excerpt": "", "tags": "", "version": "2"})
    post.refresh_from_db()
    assert post.overrides == {}


def test_preview_follows_what_is_typed_and_saves_nothing(browser_of_member: Client, member: User) -> None:
    post, picture, account = make_post(member), make_picture(), connect()
    typed = {"title": "T", "body": f"![A cup](asset:{picture.pk})\n\n<script>alert(1)</script>", "tags": ""}
    page = browser_of_member.post(f"/posts/{post.pk}/preview/", typed).content.decode()
    assert f'src="/api/v1/assets/{picture.pk}/' in page
    assert "<script>" not in page
    long = browser_of_member.post(f"/posts/{post.pk}/preview/?account={account.pk}", {"body": "x" * 2_010}).content
    assert b"data-over" in long or b"shorten" in long.lower()
    post.refresh_from_db()
    assert post.body == "A **small** kettle."


def test_empty_text_is_named_with_the_way_to_its_field(browser_of_member: Client, member: User) -> None:
    page = read(browser_of_member, f"/posts/{make_post(member, body='').pk}/")
    assert "There is nothing to publish. Write the body first." in page
    assert '<a href="#body" data-jump>' in page


def test_revision_is_compared_and_restored(browser_of_member: Client, member: User) -> None:
    post = make_post(member)
    services.save_post(post_id=post.pk, base_revision=1, changes={"body": "A tall kettle."}, author_id=member.pk)
    page = read(browser_of_member, f"/posts/{post.pk}/revisions/?from=1")
    assert "<del>" in page
    assert "<ins>" in page
    browser_of_member.post(f"/posts/{post.pk}/revisions/1/restore/", {"version": "2"})
    post.refresh_from_db()
    assert (post.body, post.revision) == ("A **small** kettle.", 3)


def test_state_moves_and_an_unknown_one_is_refused(browser_of_member: Client, member: User) -> None:
    post = make_post(member)
    assert browser_of_member.post(f"/posts/{post.pk}/state/", {"state": "review"}).status_code == 302
    assert browser_of_member.post(f"/posts/{post.pk}/state/", {"state": "published"}).status_code == 400
    post.refresh_from_db()
    assert post.state == "review"


def test_text_to_copy_is_shown_with_a_hint(browser_of_member: Client, member: User) -> None:
    page = read(browser_of_member, f"/posts/{make_post(member).pk}/copy/medium/")
    assert "Tea for two" in page
    assert escape("<strong>small</strong>") in page
