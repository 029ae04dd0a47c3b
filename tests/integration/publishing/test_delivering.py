"""What becomes of a publishing by what its platform says, and what its history tells."""

import json

import pytest

from nightdesk.core.errors import OutcomeUnknown, Permanent, Throttled, Transient
from nightdesk.engine import actions, queries, testing
from nightdesk.engine.models import Job
from nightdesk.engine.sealing import seal
from nightdesk.providers.publishing.protocol import AccountRefused
from nightdesk.publishing import services
from nightdesk.publishing.jobs import PublishPost
from nightdesk.publishing.models import PlatformAccount, PublishedPost
from tests.integration.publishing.desk import Desk, job_of, raising
from tests.support.publishing import Trouble

pytestmark = pytest.mark.django_db


def test_result_names_platform_and_post(desk: Desk) -> None:
    post, row = desk.order("mastodon")
    assert services.platform_info(job_id=job_of(row).pk) == {"platform": "mastodon", "data": None}

    desk.drain()

    row.refresh_from_db()
    expected = {"platform": "mastodon", "data": {"id": row.key, "url": f"https://mastodon.example/{row.slug}"}}
    assert queries.result_of(job_of(row)) == expected
    assert services.platform_info(job_id=job_of(row).pk) == expected
    assert row.slug == f"quiet-light-{post.public_id}"
    assert row.remote_extra == {"tag": 1}


@pytest.mark.parametrize("fault", [Throttled(retry_after_s=90), Transient("away")], ids=["throttled", "transient"])
@pytest.mark.parametrize("platform", ["mastodon", "telegram"])
def test_word_that_nothing_happened_is_tried_again_later(fault: Exception, platform: str, desk: Desk) -> None:
    post, row = desk.order(platform)
    desk.board(platform).troubles = [Trouble(fault), Trouble(fault)]

    desk.drain()

    row.refresh_from_db()
    assert (row.status, len(desk.board(platform).posts), desk.board(platform).calls) == ("success", 1, ["commit"] * 3)
    (told,) = services.history(post_id=post.pk)
    assert [(one.number, one.outcome) for one in told.tries] == [(1, "retry"), (2, "retry"), (3, "succeeded")]
    assert told.tries[0].error == str(fault)


@pytest.mark.parametrize("arrives", [True, False])
def test_lost_answer_is_looked_up(arrives: bool, desk: Desk) -> None:
    _post, row = desk.order("mastodon")
    desk.mastodon.troubles = [Trouble(OutcomeUnknown(), arrives=arrives)]
    desk.mastodon.looks = [Transient("away"), Throttled(retry_after_s=1)]

    desk.drain()

    row.refresh_from_db()
    assert (row.status, len(desk.mastodon.posts)) == ("success", 1)
    assert desk.mastodon.calls.count("commit") == (1 if arrives else 2)


@pytest.mark.parametrize("arrives", [True, False])
def test_lost_answer_of_a_chat_asks_a_person(arrives: bool, desk: Desk) -> None:
    _post, row = desk.order("telegram")
    desk.telegram.troubles = [Trouble(OutcomeUnknown(), arrives=arrives)]

    desk.drain()

    row.refresh_from_db()
    assert (row.status, row.error_code, desk.telegram.calls.count("commit")) == ("unconfirmed", "outcome_unknown", 1)
    row.round.refresh_from_db()
    assert (row.round.ended_at is None, row.round.announced) == (False, 1)


def test_throttle_after_a_lost_answer_forgets_nothing(desk: Desk) -> None:
    _post, row = desk.order("mastodon")
    desk.mastodon.troubles = [Trouble(OutcomeUnknown()), Trouble(Throttled(retry_after_s=1)), Trouble(Throttled())]

    desk.drain()

    row.refresh_from_db()
    assert (row.status, len(desk.mastodon.posts)) == ("success", 1)
    assert desk.mastodon.calls == ["commit", "find", "find", "commit", "find", "commit", "find", "commit"]


def test_refusal_fails_this_one_alone(desk: Desk) -> None:
    post = desk.write()
    desk.publish(post, "mastodon", "wordpress", "telegram")
    desk.wordpress.troubles = [Trouble(Permanent("The category does not exist. Choose another one."))]
    desk.telegram.troubles = [Trouble(AccountRefused())]

    desk.drain()

    assert desk.statuses(post) == {"mastodon": "success", "wordpress": "failed", "telegram": "failed"}
    assert desk.row(post, "wordpress").error == "The category does not exist. Choose another one."
    assert desk.row(post, "telegram").error_code == "reconnect"
    assert {name: desk.account(name).health for name in ("mastodon", "telegram")} == {
        "mastodon": "ok",
        "telegram": "ok",
    }
    for name, health in (("mastodon", "ok"), ("wordpress", "ok"), ("telegram", "reconnect")):
        account = desk.account(name)
        account.refresh_from_db()
        assert account.health == health
    last = services.latest_round(post_id=post.pk)
    assert last is not None
    assert services.conclude_round(round_id=last.pk) == {
        "post_id": post.pk,
        "round_id": last.pk,
        "published": 1,
        "total": 3,
    }


def test_refusal_of_old_credentials_says_nothing_of_those_that_were_pasted_meanwhile(desk: Desk) -> None:
    account = desk.account("mastodon", sealed=seal(json.dumps({"access_token": "made-up-old"})))

    def reconnect() -> None:
        fresh = seal(json.dumps({"access_token": "made-up-new"}))
        PlatformAccount.objects.filter(pk=account.pk).update(sealed=fresh)
        raise AccountRefused

    desk.mastodon.on_prepare = reconnect
    _, row = desk.order("mastodon")
    desk.drain()
    row.refresh_from_db()
    account.refresh_from_db()
    assert (row.status, row.error_code, account.health) == ("failed", "reconnect", "ok")


def test_account_that_has_to_be_reconnected_is_not_tried(desk: Desk) -> None:
    _post, row = desk.order("mastodon")
    services.note_refused(account_id=row.account_id, detail="The token was revoked.")
    desk.drain()
    row.refresh_from_db()
    assert (row.status, row.error_code, desk.mastodon.calls) == ("failed", "reconnect", [])


def test_used_up_tries_fail_with_what_was_the_matter(desk: Desk) -> None:
    _post, row = desk.order("mastodon")
    desk.mastodon.on_prepare = raising(Transient("The server is being repaired."))
    desk.drain()
    row.refresh_from_db()
    assert (row.status, row.error, job_of(row).failures) == ("failed", "The server is being repaired.", 11)


def test_text_that_grew_too_long_before_its_time_fails_in_words(desk: Desk) -> None:
    post, row = desk.order("mastodon")
    PublishedPost.objects.filter(pk=row.pk).update(revision=2)
    desk.change(post, "x" * 501)
    desk.drain()
    row.refresh_from_db()
    assert (row.status, row.error_code) == ("failed", "unpublishable")
    assert row.error == "The body has 501 characters; Mastodon takes 500."


def test_change_whose_answer_is_lost_is_sent_again(desk: Desk) -> None:
    post, _ = desk.order("mastodon")
    desk.drain()
    desk.change(post, "A better text.")
    desk.publish(post, "mastodon")
    desk.mastodon.troubles = [Trouble(OutcomeUnknown(), arrives=True)]
    desk.drain()
    assert (desk.row(post).status, desk.mastodon.calls) == ("success", ["commit", "update", "update"])


# ---- cancelled


def test_cancel_while_it_waits_skips_it(desk: Desk) -> None:
    _post, row = desk.order("mastodon")
    assert services.cancel_publishing(published_post_id=row.pk).status == "skipped"
    desk.drain()
    row.refresh_from_db()
    assert (row.status, row.error_code, desk.mastodon.calls) == ("skipped", "cancelled", [])
    assert services.cancel_publishing(published_post_id=row.pk).status == "skipped"


def test_cancel_after_the_platforms_word_is_too_late(desk: Desk) -> None:
    _post, row = desk.order("telegram")
    desk.die("before the finish")
    services.cancel_publishing(published_post_id=row.pk)
    row.refresh_from_db()
    assert (row.status, row.remote_id) == ("success", row.key)


def test_cancel_while_it_waits_to_look_asks_a_person(desk: Desk) -> None:
    post, row = desk.order("mastodon")
    desk.die("after the answer")
    assert services.cancel_publishing(published_post_id=row.pk).status == "unconfirmed"
    assert job_of(desk.row(post)).state == "unknown"


# ---- jobs that people press buttons of


def test_retry_on_the_page_of_its_job_publishes_it(desk: Desk) -> None:
    _post, row = desk.order("mastodon")
    desk.mastodon.troubles = [Trouble(Permanent("No."))]
    desk.drain()
    row.refresh_from_db()
    row.round.refresh_from_db()
    assert row.round.announced == 1

    actions.retry(job_id=job_of(row).pk)
    desk.drain()

    row.refresh_from_db()
    row.round.refresh_from_db()
    assert (row.status, row.round.announced, row.round.ended_at is None) == ("success", 2, False)


def test_copy_of_its_job_publishes_nothing(desk: Desk) -> None:
    _post, row = desk.order("mastodon")
    desk.drain()
    row.refresh_from_db()
    copy = actions.rerun(job_id=job_of(row).pk, owner_id=None)
    desk.drain()
    assert (Job.objects.get(pk=copy).state, len(desk.mastodon.posts)) == ("failed", 1)
    error = queries.error_of(Job.objects.get(pk=copy))
    assert error is not None
    assert error.code == "superseded"


@pytest.mark.parametrize(("is_done", "status"), [(True, "success"), (False, "failed")])
def test_decision_on_the_page_of_its_job_counts(is_done: bool, status: str, desk: Desk) -> None:
    post, row = desk.order("telegram")
    desk.telegram.troubles = [Trouble(OutcomeUnknown())]
    desk.drain()
    actions.decide(job_id=job_of(desk.row(post)).pk, done=is_done)
    row.refresh_from_db()
    assert (row.status, row.first_sent_at is None) == (status, not is_done)


def test_job_of_a_post_that_is_gone_ends_in_words(desk: Desk) -> None:
    from nightdesk.engine.enqueue import enqueue

    job_id = enqueue(PublishPost(published_post_id=987_654))
    desk.drain()
    error = queries.error_of(Job.objects.get(pk=job_id))
    assert error is not None
    assert (error.code, error.message) == ("not_found", "This post was not sent there. Look at its publish history.")


# ---- told outside


def test_end_of_a_round_is_told_once_to_whoever_listens(desk: Desk) -> None:
    from nightdesk.webhooks.models import WebhookDelivery, WebhookEndpoint

    WebhookEndpoint.objects.create(url="https://hooks.example/1", sealed="", is_active=True)
    post = desk.write()
    made = desk.publish(post, "mastodon", "wordpress")
    desk.wordpress.on_prepare = raising(Permanent("No."))

    while Job.objects.filter(kind="publishing.conclude_round").count() == 0:
        testing.run_job(Job.objects.filter(kind="publishing.publish_post", state="waiting").earliest("id").pk)
    testing.run_job(Job.objects.get(kind="publishing.conclude_round").pk)

    row, failed = desk.row(post, "mastodon"), desk.row(post, "wordpress")
    told = json.loads(WebhookDelivery.objects.get(event="post.finished").body)
    assert told["data"] == {
        "post_id": post.pk,
        "round_id": made.pk,
        "title": "Quiet light",
        "published": 1,
        "total": 2,
        "publishings": [
            {
                "platform": "mastodon",
                "account": "Mastodon",
                "published_post_id": row.pk,
                "status": "success",
                "url": row.remote_url,
                "error": "",
            },
            {
                "platform": "wordpress",
                "account": "Wordpress",
                "published_post_id": failed.pk,
                "status": "failed",
                "url": "",
                "error": "No.",
            },
        ],
    }
