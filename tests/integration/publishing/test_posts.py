"""Posts: what they may hold, their revisions, their pictures, their states."""

from datetime import timedelta
from typing import Any, cast

import pytest
from django.utils import timezone

from nightdesk.accounts.models import User
from nightdesk.campaigns.models import ContentPiece
from nightdesk.campaigns.services import create_campaign, set_picture
from nightdesk.core.errors import InvalidInput
from nightdesk.engine.testing import drain
from nightdesk.images.errors import AssetInUse
from nightdesk.images.models import Asset, AssetState
from nightdesk.images.services import delete_asset
from nightdesk.publishing import services
from nightdesk.publishing.errors import PostChanged, PostInUse, PostNotFound, RevisionNotFound, StateFixed
from nightdesk.publishing.models import (
    PlatformAccount,
    Post,
    PostRevision,
    PostState,
    PublishedPost,
    PublishRound,
    Status,
)
from tests.integration.publishing.conftest import MakeAsset

pytestmark = pytest.mark.django_db


def make_post(**fields: Any) -> Post:
    usual = {"title": "Quiet mornings", "body": "Open at seven."}
    return services.create_post(author_id=None, fields=cast("services.PostFields", {**usual, **fields}))


def refusals_of(**fields: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as refused:
        make_post(**fields)
    assert not Post.objects.exists()
    return refused.value.details


def test_new_post_is_a_draft_with_tidy_fields_and_a_first_revision(ada: User) -> None:
    post = services.create_post(
        author_id=ada.pk,
        fields={
            "title": "  Quiet \n mornings ",
            "body": "\r\n    code first\r\n\r\nOpen at seven.  \r\n",
            "tags": ["#coffee", " Coffee", "early  birds", ""],
            "canonical_url": " https://example.com/quiet ",
        },
    )

    assert (post.state, post.revision, post.title) == ("draft", 1, "Quiet mornings")
    assert post.body == "    code first\n\nOpen at seven."
    assert post.tags == ["coffee", "early birds"]
    assert post.canonical_url == "https://example.com/quiet"
    (first,) = services.list_revisions(post_id=post.pk)
    assert (first.number, first.author_id, first.content) == (1, ada.pk, services.content_of(post))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "t" * 301, "This has 301 characters and may have 300. Shorten it by 1."),
        ("title", 7, "This must be text."),
        ("body", "a\x00b", "This text holds a NUL character or half a character. Remove it."),
        ("excerpt", "e" * 1_001, "This has 1,001 characters and may have 1,000. Shorten it by 1."),
        ("tags", "coffee", "This must be a list of texts."),
        ("tags", [str(n) for n in range(21)], "A post can have 20 tags, and this has 21. Take some out."),
        ("tags", ["t" * 51], f"A tag can have at most 50 characters. Shorten '{'t' * 50}'."),
        ("canonical_url", "example.com/x", "This must be a whole address like https://example.com/article."),
        (
            "canonical_url",
            "javascript://x/%0aalert(1)",
            "This must be a whole address like https://example.com/article.",
        ),
        (
            "canonical_url",
            "https://me:pw@example.com",
            "This must be a whole address like https://example.com/article.",
        ),
        (
            "canonical_url",
            "https://example.com:port/",
            "This must be a whole address like https://example.com/article.",
        ),
        ("cover", "nonsense", "This must be the id of a picture. Choose one from the library."),
        ("cover", "a" * 24, "This picture is not there any more. Choose another one from the library."),
        ("unpublish_at", "soon", "This must be a moment with a time zone, like 2030-05-01T09:00:00+02:00."),
        ("overrides", {"999": {"title": "x"}}, "There is no such account. Take this out."),
        ("overrides", ["x"], "This must map ids of accounts to what is different there."),
        ("colour", "red", "A post has no such field. Check its spelling, or leave it out."),
    ],
)
def test_field_that_cannot_be_is_named_with_what_to_do(db: None, field: str, value: object, said: str) -> None:
    details = refusals_of(**{field: value})

    assert details == {("overrides.999" if value == {"999": {"title": "x"}} else field): [said]}


def test_end_in_the_past_is_refused_and_one_that_was_set_before_may_stay(db: None) -> None:
    assert refusals_of(unpublish_at=timezone.now() - timedelta(days=1)) == {
        "unpublish_at": ["This is in the past. Choose a later moment."]
    }
    past = timezone.now() - timedelta(minutes=1)
    post = make_post()
    Post.objects.update(unpublish_at=past)

    saved = services.save_post(
        post_id=post.pk, base_revision=1, changes={"title": "New", "unpublish_at": past}, author_id=None
    )

    assert (saved.title, saved.unpublish_at, saved.revision) == ("New", past, 2)


def test_overrides_keep_what_differs_and_name_what_the_platform_does_not_know(account: PlatformAccount) -> None:
    key = str(account.pk)
    post = make_post(
        overrides={key: {"title": " For the blog ", "body": "", "tags": ["Blog"], "options": {"category": " News "}}}
    )

    assert post.overrides == {key: {"title": "For the blog", "tags": ["Blog"], "options": {"category": "News"}}}
    post.delete()
    details = refusals_of(overrides={key: {"cover": "x", "title": "t" * 301, "options": {"mood": "calm"}}})
    assert sorted(details) == [f"overrides.{key}.cover", f"overrides.{key}.options.mood", f"overrides.{key}.title"]
    assert details[f"overrides.{key}.options.mood"][0].startswith("WordPress has no such field. Choose from: ")


def test_change_is_the_next_revision_and_the_same_again_is_none(ada: User, bob: User) -> None:
    post = services.create_post(author_id=ada.pk, fields={"title": "One", "body": "Text."})

    second = services.save_post(post_id=post.pk, base_revision=1, changes={"title": "Two"}, author_id=bob.pk)
    again = services.save_post(post_id=post.pk, base_revision=2, changes={"title": " Two "}, author_id=ada.pk)

    assert (second.revision, again.revision, again.updated_at) == (2, 2, second.updated_at)
    assert [(one.number, one.author, one.content["title"]) for one in services.list_revisions(post_id=post.pk)] == [
        (2, bob, "Two"),
        (1, ada, "One"),
    ]


def test_second_of_two_who_save_is_told_and_nothing_is_lost(db: None) -> None:
    post = make_post()
    services.save_post(post_id=post.pk, base_revision=1, changes={"title": "First"}, author_id=None)

    with pytest.raises(PostChanged):
        services.save_post(post_id=post.pk, base_revision=1, changes={"title": "Second"}, author_id=None)

    post.refresh_from_db()
    assert (post.title, post.revision, PostRevision.objects.count()) == ("First", 2, 2)


def test_revision_that_is_restored_becomes_the_newest(account: PlatformAccount) -> None:
    key = str(account.pk)
    post = make_post(overrides={key: {"body": "Just for the blog."}})
    changes = {"body": "Closed.", "overrides": {}, "tags": ["x"]}
    services.save_post(post_id=post.pk, base_revision=1, changes=changes, author_id=None)
    services.disconnect_account(account_id=account.pk)

    restored = services.restore_revision(post_id=post.pk, number=1, base_revision=2, author_id=None)

    assert (restored.revision, restored.body, restored.tags) == (3, "Open at seven.", [])
    assert restored.overrides == {key: {"body": "Just for the blog."}}
    with pytest.raises(RevisionNotFound):
        services.restore_revision(post_id=post.pk, number=9, base_revision=3, author_id=None)
    with pytest.raises(PostNotFound):
        services.restore_revision(post_id=post.pk + 1, number=1, base_revision=1, author_id=None)


def test_pictures_of_a_post_are_kept_and_cannot_be_deleted_while_any_revision_shows_them(make_asset: MakeAsset) -> None:
    soon = timezone.now() + timedelta(hours=1)
    cover, inline = make_asset(expires_at=soon), make_asset(expires_at=soon)
    post = make_post(cover=f"asset:{cover.pk}", body=f"![Boats](asset:{inline.pk})", cover_alt="Dawn")
    assert list(Asset.objects.exclude(expires_at=None)) == []

    services.save_post(post_id=post.pk, base_revision=1, changes={"cover": None, "body": "Words."}, author_id=None)

    for asset in (cover, inline):
        with pytest.raises(AssetInUse):
            delete_asset(asset_id=asset.pk)
    services.restore_revision(post_id=post.pk, number=1, base_revision=2, author_id=None)
    services.delete_post(post_id=post.pk)
    for asset in (cover, inline):
        delete_asset(asset_id=asset.pk)


def test_picture_without_a_file_is_named_where_it_can_be_mended(
    make_asset: MakeAsset, account: PlatformAccount
) -> None:
    coming, gone = make_asset(state=AssetState.COMING), make_asset(has_file=False)
    refused = make_asset(state=AssetState.REFUSED, refusal="No picture.")
    expired = make_asset(expires_at=timezone.now() - timedelta(hours=1))
    key = str(account.pk)

    details = refusals_of(
        cover=expired.pk,
        body=f"![a](asset:{coming.pk}) and ![b](asset:{gone.pk})",
        overrides={key: {"body": f"![c](asset:{refused.pk})"}},
    )

    assert details["cover"] == ["This picture is not there any more. Choose another one from the library."]
    assert sorted(details["body"]) == sorted(
        [
            f"The picture asset:{coming.pk} is still being read. Wait until the library shows it, then save again.",
            f"The picture asset:{gone.pk} is not there any more. Choose another one from the library, or take it out.",
        ]
    )
    assert details[f"overrides.{key}.body"] == [
        f"The picture asset:{refused.pk} could not be read when it was uploaded. Choose another one."
    ]


@pytest.mark.parametrize("channel", ["blog", "email", "linkedin", "meta_feed", "x", "google_rsa"])
def test_post_begins_with_the_text_and_picture_of_a_piece(channel: str, make_asset: MakeAsset) -> None:
    campaign = create_campaign(name="Kettle", brief="A kettle for two.", channels=[channel], created_by_id=None)
    drain()
    asset = make_asset()
    set_picture(campaign_id=campaign.pk, channel=channel, asset_id=asset.pk)
    piece = ContentPiece.objects.get(campaign=campaign)

    post = services.create_post(author_id=None, fields={"tags": ["tea"]}, piece=(campaign.pk, channel))

    written = piece.fields
    title = written.get("title") or written.get("subject") or written.get("headline")
    assert post.title == (title or (written["headlines"][0] if "headlines" in written else ""))
    body = written.get("body") or written.get("intro") or written.get("primary_text") or written.get("text")
    assert post.body == (body or "\n\n".join(written["descriptions"])).strip()
    assert (post.piece_id, post.cover_id, post.tags) == (piece.pk, asset.pk, ["tea"])


def test_piece_that_is_not_there_is_invalid_input(db: None) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.create_post(author_id=None, fields={}, piece=(1, "blog"))
    assert list(refused.value.details) == ["piece"]


def test_people_move_a_post_until_its_publishings_say_where_it_stands(ada: User) -> None:
    post = make_post()

    moved = services.move_post(post_id=post.pk, state=PostState.APPROVED, by=ada.pk)
    assert moved.state == "approved"
    with pytest.raises(InvalidInput):
        services.move_post(post_id=post.pk, state=PostState.PUBLISHED, by=ada.pk)
    Post.objects.update(state=PostState.PUBLISHED)
    with pytest.raises(StateFixed):
        services.move_post(post_id=post.pk, state=PostState.DRAFT, by=ada.pk)
    with pytest.raises(PostNotFound):
        services.move_post(post_id=post.pk + 1, state=PostState.DRAFT, by=ada.pk)


@pytest.mark.parametrize(("before", "after"), [("approved", "review"), ("draft", "draft"), ("published", "published")])
def test_approval_is_of_the_text_that_was_read(db: None, before: str, after: str) -> None:
    post = make_post()
    Post.objects.update(state=before)

    same = services.save_post(post_id=post.pk, base_revision=1, changes={"title": post.title}, author_id=None)
    other = services.save_post(post_id=post.pk, base_revision=1, changes={"title": "Another"}, author_id=None)

    assert (same.state, other.state) == (before, after)


def publishing_of(post: Post, account: PlatformAccount, **fields: Any) -> PublishedPost:
    asked = PublishRound.objects.create(post=post, revision=post.revision)
    usual = {"post": post, "account": account, "platform": account.platform, "revision": post.revision, "round": asked}
    return PublishedPost.objects.create(**{**usual, "key": f"nd-{account.pk}-{post.revision}", **fields})


def test_post_on_its_way_is_not_deleted_and_one_that_is_out_takes_its_history_along(account: PlatformAccount) -> None:
    post = make_post()
    publishing = publishing_of(post, account, status=Status.PENDING)
    with pytest.raises(PostInUse):
        services.delete_post(post_id=post.pk)

    PublishedPost.objects.filter(pk=publishing.pk).update(status=Status.SUCCESS)
    services.delete_post(post_id=post.pk)

    assert (Post.objects.count(), PublishedPost.objects.count()) == (0, 0)
    with pytest.raises(PostNotFound):
        services.delete_post(post_id=post.pk)


def test_what_waits_for_its_time_carries_the_newest_revision_and_what_was_begun_does_not(
    account: PlatformAccount, journal: PlatformAccount
) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    post = make_post()
    waiting = publishing_of(post, account, scheduled_at=tomorrow)
    begun = publishing_of(post, journal, scheduled_at=tomorrow, frozen_at=timezone.now())

    services.save_post(post_id=post.pk, base_revision=1, changes={"title": "Later"}, author_id=None)

    waiting.refresh_from_db()
    begun.refresh_from_db()
    assert (waiting.revision, waiting.round.revision, begun.revision, begun.round.revision) == (2, 2, 1, 1)


def test_list_is_narrowed_by_state_and_words_and_the_latest_change_is_first(db: None) -> None:
    first, second = make_post(title="Kettle"), make_post(title="Cup", body="of a KETTLE")
    third = make_post(title="Plate", excerpt="kettle")
    make_post(title="Spoon")
    services.save_post(post_id=first.pk, base_revision=1, changes={"title": "Kettles"}, author_id=None)
    services.move_post(post_id=third.pk, state=PostState.REVIEW, by=None)

    assert [one.pk for one in services.posts_shown(text=" kettle ")] == [third.pk, first.pk, second.pk]
    assert [one.pk for one in services.posts_shown(state="review")] == [third.pk]


def test_editor_is_held_by_one_person_until_they_leave_or_go_silent(ada: User, bob: User) -> None:
    post = make_post()

    assert services.hold_editor(post_id=post.pk, user_id=ada.pk) is None
    assert services.hold_editor(post_id=post.pk, user_id=bob.pk) == "Ada Reyes"
    assert services.editor_of(post_id=post.pk, besides=ada.pk) is None
    services.leave_editor(post_id=post.pk, user_id=bob.pk)
    assert services.editor_of(post_id=post.pk, besides=None) == "Ada Reyes"

    Post.objects.update(editing_at=timezone.now() - services.EDITOR_LEASE - timedelta(seconds=1))
    assert services.editor_of(post_id=post.pk, besides=bob.pk) is None
    assert services.hold_editor(post_id=post.pk, user_id=bob.pk) is None
    services.leave_editor(post_id=post.pk, user_id=bob.pk)
    assert services.editor_of(post_id=post.pk, besides=ada.pk) is None
    with pytest.raises(PostNotFound):
        services.hold_editor(post_id=post.pk + 1, user_id=ada.pk)
