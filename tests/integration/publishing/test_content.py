"""What an account gets of a post, how it is previewed, and how it is copied for platforms without a way in."""

from typing import Any, cast

import pytest
from pytest_django import Settings

from nightdesk.accounts.models import User
from nightdesk.core.errors import InvalidInput
from nightdesk.providers.publishing.protocol import Complaint
from nightdesk.providers.text.channels import Unit
from nightdesk.providers.text.counting import count_text
from nightdesk.publishing import services
from nightdesk.publishing.errors import RevisionNotFound
from nightdesk.publishing.models import JournalEntry, PlatformAccount, Post, PublishedPost, PublishRound, Status
from nightdesk.publishing.services.copying import X_LIMIT
from tests.integration.publishing.conftest import MakeAsset
from tests.support.platforms.plain import PlainPlatform

pytestmark = pytest.mark.django_db

PUBLIC = "https://desk.example.com"


def make_post(author: User | None = None, **fields: Any) -> Post:
    usual = {"title": "Quiet mornings", "body": "Open at **seven**.", "tags": ["coffee"]}
    author_id = author.pk if author else None
    return services.create_post(author_id=author_id, fields=cast("services.PostFields", {**usual, **fields}))


def test_account_gets_the_revision_with_what_is_different_there(
    ada: User, handle: PlatformAccount, journal: PlatformAccount, make_asset: MakeAsset, settings: Settings
) -> None:
    settings.BASE_URL = PUBLIC
    cover, inline = make_asset(sha256="c" * 64, size_bytes=1234), make_asset()
    services.change_account(account_id=handle.pk, options={"mood": "calm", "pinned": "true"})
    handle.refresh_from_db()
    own = {"body": f"Seven! ![Boats *out*](asset:{inline.pk})", "tags": ["early"], "options": {"mood": "loud"}}
    post = make_post(ada, cover=cover.pk, cover_alt="Dawn", overrides={str(handle.pk): own})
    services.save_post(post_id=post.pk, base_revision=1, changes={"title": "Later"}, author_id=None)

    there = services.content_for(post=post, revision=1, account=handle)
    here = services.content_for(post=post, revision=2, account=journal)

    assert (there.title, there.body, there.tags, there.is_body_meant) == (
        "Quiet mornings",
        own["body"],
        ("early",),
        True,
    )
    assert there.options == {"author_name": "Ada Reyes", "mood": "loud", "pinned": "true"}
    assert {one.asset_id: one.alt for one in there.pictures.values()} == {inline.pk: "Boats out"}
    assert (here.title, here.tags, here.is_body_meant, here.pictures) == ("Later", ("coffee",), False, {})
    assert here.options == {"author_name": "Ada Reyes"}
    assert there.cover is not None
    assert (there.cover.alt, there.cover.content_type, there.cover.size_bytes, there.cover.sha256) == (
        "Dawn",
        "image/webp",
        1234,
        "c" * 64,
    )
    assert there.cover.public_url.startswith(f"{PUBLIC}/")
    with pytest.raises(RevisionNotFound):
        services.content_for(post=post, revision=3, account=handle)


def test_picture_has_no_public_address_where_nobody_outside_reaches_us(
    handle: PlatformAccount, make_asset: MakeAsset, settings: Settings
) -> None:
    settings.BASE_URL = "http://localhost:8000"
    post = make_post(cover=make_asset().pk)

    content = services.content_for(post=post, revision=1, account=handle)

    assert content.cover is not None
    assert content.cover.public_url == ""


def test_preview_shows_what_would_be_sent_and_uses_no_secret(handle: PlatformAccount, plain: PlainPlatform) -> None:
    rendering = services.preview(post=make_post(), account=handle)

    assert rendering.payload["text"] == "Open at **seven**."
    assert (rendering.is_blocked, [(one.part, one.used) for one in rendering.counts]) == (False, [("body", 18)])
    assert plain.rendered_with is not None
    assert dict(plain.rendered_with.credentials) == {"server": "https://plain.example"}


def test_preview_of_a_draft_complains_and_never_raises(handle: PlatformAccount, make_asset: MakeAsset) -> None:
    post, gone, there = make_post(), "a" * 24, make_asset()
    body = f"# Oh\r\n![x\x00](asset:{gone}) ![kept](asset:{there.pk}) {'word ' * 30}"
    draft = {
        "body": body,
        "title": 7,
        "cover": gone,
        "tags": "no",
        "overrides": {str(handle.pk): {"options": {"a": 1}}},
    }

    rendering = services.preview(post=post, account=handle, draft=draft)

    assert rendering.is_blocked
    assert [(one.part, one.message) for one in rendering.complaints] == [
        ("cover", "This picture is not there. Choose another one from the library."),
        ("body", f"The picture asset:{gone} is not there. Choose another one, or take it out."),
        ("body", "Too long."),
    ]
    assert rendering.payload["pictures"] == [there.pk]
    shown = services.show_pictures(rendering.preview_html)
    assert f'<img src="/api/v1/assets/{there.pk}/file/"' in shown
    assert "asset:" not in shown
    assert Post.objects.get().body == "Open at **seven**."


def test_journal_previews_without_an_account_to_connect(journal: PlatformAccount) -> None:
    rendering = services.preview(post=make_post(), account=journal)
    assert "<strong>seven</strong>" in rendering.preview_html
    empty = services.preview(post=make_post(body=""), account=journal)
    assert empty.complaints[0] == Complaint(
        part="body", message="There is nothing to publish. Write the body first.", is_blocking=True
    )


def test_article_is_copied_with_its_formatting_and_where_it_came_out_first(
    journal: PlatformAccount, make_asset: MakeAsset, settings: Settings
) -> None:
    settings.BASE_URL = "http://localhost:8000"
    post = make_post(title="Tea & <coffee>", body=f"Open at **seven**.\n\n![Cup](asset:{make_asset().pk})")
    before = services.copy_text(post=post, target="medium")
    asked = PublishRound.objects.create(post=post, revision=1)
    PublishedPost.objects.create(
        post=post,
        account=journal,
        platform="journal",
        revision=1,
        round=asked,
        key="nd-1",
        status=Status.SUCCESS,
        remote_url="https://desk.example.com/journal/tea?a&b",
    )

    medium = services.copy_text(post=post, target="medium")
    hashnode = services.copy_text(post=post, target="hashnode")

    assert before.hint.startswith("Paste it into a new story on Medium. It has no canonical link yet: ")
    link = "https://desk.example.com/journal/tea?a&amp;b"
    assert medium.html.split("\n") == [
        "<h1>Tea &amp; &lt;coffee&gt;</h1>",
        "<p>Open at <strong>seven</strong>.</p>",
        "<p>Cup</p>",
        f'<p><em>Originally published at <a href="{link}">{link}</a>.</em></p>',
    ]
    assert medium.text == (
        "Tea & <coffee>\n\nOpen at seven.\n\nCup\n\nOriginally published at https://desk.example.com/journal/tea?a&b"
    )
    assert medium.hint.endswith("Upload its pictures (1) there by hand.")
    assert hashnode.text.startswith("# Tea \\& \\<coffee\\>\n\nOpen at **seven**.\n\nCup\n\nOriginally ")


def test_copied_article_holds_the_addresses_of_pictures_that_everybody_may_fetch(
    journal: PlatformAccount, make_asset: MakeAsset, settings: Settings
) -> None:
    settings.BASE_URL = PUBLIC
    shown, kept = make_asset(), make_asset()
    post = make_post(body=f"![Cup](asset:{shown.pk}) ![Plate](asset:{kept.pk})")
    JournalEntry.objects.create(post=post, key="nd-1", slug="cups", title="Cups", html="", pictures=[shown.pk])

    copied = services.copy_text(post=post, target="medium")

    assert f'<img src="{PUBLIC}/journal/pictures/{shown.pk}/"' in copied.html
    assert kept.pk not in copied.html
    assert copied.hint.endswith("Upload its pictures (1) there by hand.")


def test_canonical_address_of_the_post_goes_before_where_it_came_out(db: None) -> None:
    post = make_post(canonical_url="https://example.com/first")
    assert "https://example.com/first" in services.copy_text(post=post, target="hashnode").html


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"body": "Open at **seven**.", "tags": []}, "Open at seven."),
        ({"body": "Open.", "tags": ["quiet mornings", "#tea"]}, "Open.\n\n#QuietMornings #tea"),
        ({"body": "Open.", "tags": [], "canonical_url": "https://example.com/a"}, "Open.\n\nhttps://example.com/a"),
        ({"body": "word " * 100, "excerpt": "In short.", "tags": []}, "In short."),
        (
            {"body": "word " * 100, "tags": [], "title": "T", "canonical_url": "https://example.com/a"},
            "T\n\nhttps://example.com/a",
        ),
    ],
)
def test_text_for_x_is_the_post_or_its_beginning_with_link(db: None, fields: dict[str, Any], text: str) -> None:
    copied = services.copy_text(post=make_post(**fields), target="x")

    used = count_text(text, Unit.WEIGHTED)
    assert copied.text == text
    assert copied.hint.startswith(f"{used} of 280 characters, as X counts them (a link is 23, an emoji two).")


@pytest.mark.parametrize("excerpt", ["quiet mornings " * 40, "静かな朝" * 120, "x" * 600])
def test_text_for_x_is_cut_to_what_x_takes_at_a_word_where_there_is_one(db: None, excerpt: str) -> None:
    post = make_post(body="word " * 100, excerpt=excerpt, canonical_url="https://example.com/a", tags=["a"] * 9)

    text = services.copy_text(post=post, target="x").text

    words, link = text.split("\n\n")[:2]
    assert X_LIMIT - 20 < count_text(text, Unit.WEIGHTED) <= X_LIMIT
    assert (words[-1], link) == ("…", "https://example.com/a")
    assert excerpt.startswith(words[:-1])
    assert " " not in excerpt or words.endswith(("quiet…", "mornings…"))


def test_target_that_there_is_not_is_named(db: None) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.copy_text(post=make_post(), target="myspace")
    assert refused.value.details == {"target": ["'myspace' is none of medium, hashnode, x. Choose one of them."]}
