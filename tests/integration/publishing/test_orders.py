"""Asking for a post to be published: what becomes a job, what is joined, what is skipped, what is refused."""

from datetime import timedelta

import pytest
from django.utils import timezone

from nightdesk.core.errors import InvalidInput
from nightdesk.engine.models import Job
from nightdesk.providers.publishing.protocol import Platform
from nightdesk.publishing import services
from nightdesk.publishing.errors import BeingEdited, PostChanged
from nightdesk.publishing.models import Health, PlatformAccount, Post, PublishedPost, PublishRound
from tests.integration.publishing.desk import TOMORROW, Desk, job_of
from tests.support.publishing import MOST_CHARS

pytestmark = pytest.mark.django_db


def refusal_of(post: Post, **options: object) -> dict[str, list[str]]:
    jobs, rows, rounds = Job.objects.count(), PublishedPost.objects.count(), PublishRound.objects.count()
    with pytest.raises(InvalidInput) as refused:
        services.publish(post_id=post.pk, asked_by=None, **options)  # type: ignore[arg-type]
    assert (Job.objects.count(), PublishedPost.objects.count(), PublishRound.objects.count()) == (jobs, rows, rounds)
    return refused.value.details


def test_each_account_gets_a_publishing_and_a_job(desk: Desk) -> None:
    post = desk.write()

    made = desk.publish(post, "mastodon", "telegram")

    told = services.entries(round_id=made.pk)
    assert [(one.platform, one.status, one.error) for one in told] == [
        ("mastodon", "pending", ""),
        ("telegram", "pending", ""),
    ]
    assert [one.task_id for one in told] == list(
        Job.objects.filter(kind="publishing.publish_post", subject=f"post:{post.pk}")
        .order_by("id")
        .values_list("id", flat=True)
    )
    desk.drain()
    assert desk.statuses(post) == {"mastodon": "success", "telegram": "success"}
    post.refresh_from_db()
    made.refresh_from_db()
    assert (post.state, made.ended_at is None, made.announced) == ("published", False, 1)


def test_platforms_may_be_named_instead_of_accounts(desk: Desk) -> None:
    post = desk.write()
    desk.account("mastodon")

    made = services.publish(post_id=post.pk, asked_by=None, platforms=["journal", "mastodon"])

    assert [one.platform for one in services.entries(round_id=made.pk)] == ["journal", "mastodon"]
    desk.drain()
    assert desk.statuses(post) == {"journal": "success", "mastodon": "success"}


def test_double_click_is_one_job(desk: Desk) -> None:
    post = desk.write()
    rounds = {desk.publish(post, "mastodon", "telegram").pk for _ in range(3)}

    assert (len(rounds), Job.objects.count(), PublishedPost.objects.count()) == (1, 2, 2)


def test_one_more_account_joins_what_is_on_its_way(desk: Desk) -> None:
    post = desk.write()
    desk.publish(post, "mastodon")
    second = desk.publish(post, "mastodon", "telegram")

    told = services.entries(round_id=second.pk)
    assert [(one.platform, one.status) for one in told] == [("mastodon", "pending"), ("telegram", "pending")]
    assert Job.objects.count() == 2


def test_same_post_unchanged_is_not_sent_twice(desk: Desk) -> None:
    post, row = desk.order("mastodon")
    desk.drain()
    row.refresh_from_db()

    account = desk.account("mastodon").pk
    assert refusal_of(post, account_ids=[account]) == {"mastodon": [f"This version is there already: {row.remote_url}"]}
    made = desk.publish(post, "mastodon", "telegram")
    assert [(one.platform, one.status, one.url) for one in services.entries(round_id=made.pk)] == [
        ("mastodon", "skipped", row.remote_url),
        ("telegram", "pending", ""),
    ]
    row.refresh_from_db()
    assert row.status == "success"
    desk.drain()
    assert len(desk.mastodon.posts) == 1


def test_wrong_accounts_make_nothing(desk: Desk) -> None:
    post = desk.write()
    first, second = desk.account("telegram"), desk.account("telegram", name="Second")

    assert refusal_of(post) == {"platforms": ["Choose at least one account to publish to."]}
    assert refusal_of(post, account_ids=[987_654, first.pk]) == {
        "accounts": ["There is no account 987654. Look at the list of accounts."]
    }
    assert refusal_of(post, platforms=["telegram", "mastodon", "myspace"]) == {
        "platforms": [
            f"There are several accounts on Telegram. Name one in `accounts`: {second.pk} (Second), {first.pk} (Telegram).",
            "There is no account on Mastodon. Connect one first.",
            f"There is no platform 'myspace' here. Choose one of {', '.join(Platform)}.",
        ]
    }


def test_what_is_wrong_with_one_account_leaves_the_others_alone(desk: Desk) -> None:
    post = desk.write(body="x" * (MOST_CHARS + 1))
    lost, gone = desk.account("mastodon", health=Health.RECONNECT), desk.account("wordpress")
    services.disconnect_account(account_id=gone.pk)
    made = services.publish(
        post_id=post.pk,
        asked_by=None,
        account_ids=[lost.pk, gone.pk, desk.account("telegram").pk],
        platforms=["journal"],
    )

    told = {one.platform: (one.status, one.error) for one in services.entries(round_id=made.pk)}
    assert told == {
        "journal": ("pending", ""),
        "mastodon": ("skipped", "This account has to be reconnected first. Reconnect it, then publish again."),
        "wordpress": ("skipped", "This account is disconnected. Connect it again, or choose another one."),
        "telegram": ("skipped", f"The body has {MOST_CHARS + 1} characters; Telegram takes {MOST_CHARS}."),
    }
    desk.drain()
    assert desk.row(post, "journal").status == "success"
    assert services.conclude_round(round_id=made.pk)["total"] == 4


def test_nothing_that_can_go_is_an_error_by_platform(desk: Desk) -> None:
    post = desk.write(body="")
    accounts = [desk.account("mastodon").pk, desk.account("telegram").pk]
    said = ["There is nothing to publish. Write the body first."]
    assert refusal_of(post, account_ids=accounts) == {"mastodon": said, "telegram": said}


def test_post_that_changed_meanwhile_is_not_published(desk: Desk) -> None:
    post = desk.write()
    desk.change(post, "Another text.")
    with pytest.raises(PostChanged):
        desk.publish(post, "mastodon", revision=1)
    assert desk.publish(post, "mastodon", revision=2).revision == 2


def test_post_that_somebody_else_edits_asks_first(desk: Desk) -> None:
    from nightdesk.accounts.services import ensure_owner

    owner, _ = ensure_owner()
    post = desk.write()
    services.hold_editor(post_id=post.pk, user_id=owner.pk)

    with pytest.raises(BeingEdited):
        desk.publish(post, "mastodon")
    assert Job.objects.count() == 0
    made = desk.publish(post, "mastodon", confirm_editing=True)
    assert len(services.entries(round_id=made.pk)) == 1
    services.publish(post_id=post.pk, asked_by=owner.pk, account_ids=[desk.account("telegram").pk])


def test_later_version_changes_the_post_where_the_platform_can(desk: Desk) -> None:
    post, row = desk.order("mastodon")
    desk.drain()
    desk.change(post, "A better text.")

    desk.publish(post, "mastodon")
    desk.drain()

    later = desk.row(post)
    assert (later.action, later.status, later.remote_id, later.replaces_id) == ("update", "success", row.key, row.pk)
    assert later.remote_extra == {"body": "A better text."}
    assert (desk.mastodon.calls, len(desk.mastodon.posts)) == (["commit", "update"], 1)


def test_later_version_is_a_second_post_only_where_that_is_wanted(desk: Desk) -> None:
    post, _ = desk.order("telegram")
    desk.drain()
    desk.change(post, "A better text.")
    account = desk.account("telegram").pk

    assert refusal_of(post, account_ids=[account]) == {
        "telegram": [
            "An earlier version is there, and Telegram cannot change it. Say that you want a second post there."
        ]
    }
    desk.publish(post, "telegram", again=True)
    desk.drain()
    slugs = list(PublishedPost.objects.order_by("revision").values_list("slug", flat=True))
    assert (len(desk.telegram.posts), slugs[1]) == (2, f"{slugs[0]}-2")


@pytest.mark.parametrize(("status", "said"), [("processing", "on its way"), ("unconfirmed", "An earlier version may")])
def test_later_version_waits_until_the_earlier_one_is_known(status: str, said: str, desk: Desk) -> None:
    post, row = desk.order("mastodon")
    PublishedPost.objects.filter(pk=row.pk).update(status=status)
    desk.change(post, "A better text.")
    (complaint,) = refusal_of(post, account_ids=[desk.account("mastodon").pk])["mastodon"]
    assert said in complaint


def test_time_of_a_scheduled_one_is_not_changed_by_publishing_it_now(desk: Desk) -> None:
    post, row = desk.order("mastodon", scheduled_at=TOMORROW)
    (complaint,) = refusal_of(post, account_ids=[desk.account("mastodon").pk])["mastodon"]
    assert complaint.startswith(f"It goes there at {TOMORROW:%d %B %Y %H:%M} UTC already.")
    assert desk.publish(post, "mastodon", scheduled_at=TOMORROW) == row.round


def test_post_is_not_published_after_the_time_to_take_it_away(desk: Desk) -> None:
    post = desk.write()
    Post.objects.filter(pk=post.pk).update(unpublish_at=timezone.now() + timedelta(hours=1))
    account = [desk.account("mastodon").pk]
    assert list(refusal_of(post, account_ids=account, scheduled_at=TOMORROW)) == ["unpublish_at"]
    assert desk.publish(post, "mastodon").scheduled_at is None


def test_failed_one_is_tried_again_on_the_same_publishing(desk: Desk) -> None:
    from nightdesk.core.errors import Permanent
    from tests.support.publishing import Trouble

    post, row = desk.order("mastodon")
    desk.mastodon.troubles = [Trouble(Permanent("Too many links."))]
    desk.drain()
    first = desk.row(post)
    assert (first.status, first.error) == ("failed", "Too many links.")

    made = desk.publish(post, "mastodon")
    desk.drain()

    again = desk.row(post)
    assert (again.pk, again.status, again.round_id) == (row.pk, "success", made.pk)
    assert again.task_id != first.task_id
    assert job_of(again).state == "succeeded"
    assert PlatformAccount.objects.get().health == "ok"
