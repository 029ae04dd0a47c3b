"""What people decide: try again, it is live, it is not there, take it away."""

import uuid

import pytest
from django.utils import timezone

from nightdesk.core.errors import InvalidInput, OutcomeUnknown, Permanent, Transient
from nightdesk.engine import actions, testing
from nightdesk.engine.models import Attempt, Job, JobPayload, JobStep
from nightdesk.engine.queries import error_of
from nightdesk.publishing import services
from nightdesk.publishing.errors import NewerIsThere, NothingToRetry, NotInQuestion, NotOut, PublishingNotFound
from nightdesk.publishing.models import Post, PublishedPost
from tests.integration.engine.bench import race
from tests.integration.publishing.desk import Desk, job_of, raising
from tests.support.publishing import Trouble

pytestmark = pytest.mark.django_db


def forget_job(job_id: uuid.UUID | None) -> None:
    """Remove what pruning removes of a job after its history."""
    assert job_id is not None
    for model in (JobPayload, Attempt, JobStep):
        model.objects.filter(job_id=job_id).delete()
    Job.objects.filter(pk=job_id).delete()


def fail(desk: Desk, platform: str = "mastodon") -> tuple[Post, PublishedPost]:
    post, row = desk.order(platform)
    desk.board(platform).troubles = [Trouble(Permanent("No."))]
    desk.drain()
    row.refresh_from_db()
    assert row.status == "failed"
    return post, row


def lose(desk: Desk, *, arrives: bool) -> tuple[Post, PublishedPost]:
    post, row = desk.order("telegram")
    desk.telegram.troubles = [Trouble(OutcomeUnknown(), arrives=arrives)]
    desk.drain()
    row.refresh_from_db()
    assert row.status == "unconfirmed"
    return post, row


# ---- try again


@pytest.mark.parametrize("is_job_there", [True, False])
def test_retry_sends_this_one_again_and_concludes_the_round_again(is_job_there: bool, desk: Desk) -> None:
    _, row = fail(desk)
    if not is_job_there:
        forget_job(row.task_id)

    again = services.retry_publishing(published_post_id=row.pk, by=None)
    assert (again.status, again.round.ended_at, again.task_id == row.task_id) == ("pending", None, is_job_there)
    with pytest.raises(NothingToRetry):
        services.retry_publishing(published_post_id=row.pk, by=None)
    desk.drain()

    row.refresh_from_db()
    row.round.refresh_from_db()
    assert (row.status, len(desk.mastodon.posts), row.round.announced) == ("success", 1, 2)
    with pytest.raises(NothingToRetry):
        services.retry_publishing(published_post_id=row.pk, by=None)


def test_retry_carries_the_post_as_it_is_by_now(desk: Desk) -> None:
    post, row = fail(desk)
    desk.change(post, "A better text.")
    services.retry_publishing(published_post_id=row.pk, by=None)
    desk.drain()
    row.refresh_from_db()
    assert (row.status, row.revision) == ("success", 2)
    assert desk.mastodon.posts == [(row.key, {"title": "Quiet light", "body": "A better text."})]


def test_retry_keeps_what_lies_on_the_platform_already(desk: Desk) -> None:
    post, row = fail(desk, "wordpress")
    desk.change(post, "A better text.")
    services.retry_publishing(published_post_id=row.pk, by=None)
    desk.drain()
    row.refresh_from_db()
    assert (row.revision, desk.wordpress.drafts, desk.wordpress.posts[0][1]["body"]) == (
        1,
        1,
        "A lamp that dims itself.",
    )


def test_retry_of_an_earlier_version_does_not_undo_a_later_one(desk: Desk) -> None:
    post, row = fail(desk)
    desk.change(post, "A better text.")
    desk.publish(post, "mastodon")
    desk.drain()
    with pytest.raises(NewerIsThere):
        services.retry_publishing(published_post_id=row.pk, by=None)
    assert job_of(row).state == "failed"


def test_button_of_its_job_does_not_send_an_earlier_version_after_a_later_one(desk: Desk) -> None:
    post, row = fail(desk, "telegram")
    desk.change(post, "A better text.")
    desk.publish(post, "telegram")
    actions.retry(job_id=job_of(row).pk)  # before the later one is out
    desk.drain()
    actions.retry(job_id=job_of(row).pk)  # and after
    desk.drain()

    row.refresh_from_db()
    assert [payload["body"] for _, payload in desk.telegram.posts] == ["A better text."]
    assert (row.status, desk.row(post).status, job_of(row).state) == ("failed", "success", "failed")
    assert NewerIsThere.public_message in str(error_of(job_of(row)))


def test_retry_of_a_skipped_one_makes_its_first_job(desk: Desk) -> None:
    post = desk.write()
    account = desk.account("mastodon")
    services.note_refused(account_id=account.pk, detail="Revoked.")
    desk.publish(post, "mastodon", "telegram")
    account.refresh_from_db()
    account.health = "ok"
    account.save()
    desk.drain()

    services.retry_publishing(published_post_id=desk.row(post, "mastodon").pk, by=None)
    desk.drain()

    assert desk.statuses(post) == {"mastodon": "success", "telegram": "success"}


def test_there_is_nothing_to_decide_of_what_nobody_sent() -> None:
    for act in (services.cancel_publishing, services.find_publishing):
        with pytest.raises(PublishingNotFound):
            act(published_post_id=987_654)


# ---- say how it ended


@pytest.mark.parametrize("is_job_there", [True, False])
def test_it_is_live(is_job_there: bool, desk: Desk) -> None:
    post, row = lose(desk, arrives=True)
    if not is_job_there:
        forget_job(row.task_id)

    services.resolve_publishing(published_post_id=row.pk, by=None, live_at=" https://t.example/42 ")

    row.refresh_from_db()
    post.refresh_from_db()
    assert (row.status, row.remote_url, row.error, post.state) == ("success", "https://t.example/42", "", "published")
    if is_job_there:
        assert job_of(row).state == "succeeded"
    with pytest.raises(NotInQuestion):
        services.resolve_publishing(published_post_id=row.pk, by=None, live_at="")
    desk.drain()
    assert len(desk.telegram.posts) == 1


@pytest.mark.parametrize("is_job_there", [True, False])
def test_it_is_not_there_and_is_sent_again(is_job_there: bool, desk: Desk) -> None:
    _, row = lose(desk, arrives=False)
    if not is_job_there:
        forget_job(row.task_id)
    with pytest.raises(NotInQuestion):
        services.retry_publishing(published_post_id=row.pk, by=None)

    services.resolve_publishing(published_post_id=row.pk, by=None, not_there=True)
    desk.drain()

    row.refresh_from_db()
    assert (row.status, len(desk.telegram.posts), desk.telegram.calls.count("commit")) == ("success", 1, 2)


@pytest.mark.parametrize("is_job_there", [True, False])
@pytest.mark.django_db(transaction=True)
def test_of_several_who_say_at_once_that_it_is_not_there_one_counts(is_job_there: bool, desk: Desk) -> None:
    _, row = lose(desk, arrives=False)
    if not is_job_there:
        forget_job(row.task_id)

    def say_so() -> bool:
        try:
            services.resolve_publishing(published_post_id=row.pk, by=None, not_there=True)
        except NotInQuestion:
            return False
        return True

    assert sorted(race(*[say_so] * 4)) == [False, False, False, True]
    desk.drain()

    row.refresh_from_db()
    assert (row.status, len(desk.telegram.posts), desk.telegram.calls.count("commit")) == ("success", 1, 2)


@pytest.mark.parametrize(
    "said",
    [{}, {"live_at": "https://t.example/42", "not_there": True}, {"live_at": "javascript:alert(1)"}, {"live_at": "x"}],
)
def test_decision_that_says_nothing_is_refused(said: dict[str, object], desk: Desk) -> None:
    _, row = lose(desk, arrives=True)
    with pytest.raises(InvalidInput):
        services.resolve_publishing(published_post_id=row.pk, by=None, **said)  # type: ignore[arg-type]
    row.refresh_from_db()
    assert row.status == "unconfirmed"


# ---- take it away


def test_post_is_taken_away_with_every_version_it_has_shown(desk: Desk) -> None:
    post, row = desk.order("mastodon")
    desk.drain()
    desk.change(post, "A better text.")
    desk.publish(post, "mastodon")
    desk.drain()

    jobs = {services.unpublish(published_post_id=desk.row(post).pk, by=None) for _ in range(2)}
    desk.drain()

    assert (len(jobs), desk.mastodon.calls.count("delete")) == (1, 1)
    assert PublishedPost.objects.filter(removed_at=None).count() == 0
    post.refresh_from_db()
    assert post.state == "approved"
    with pytest.raises(NotOut):
        services.unpublish(published_post_id=row.pk, by=None)
    with pytest.raises(InvalidInput, match="Invalid input"):
        desk.publish(post, "mastodon")


def test_post_is_not_taken_away_under_a_change_of_it(desk: Desk) -> None:
    post, row = desk.order("mastodon")
    desk.drain()
    desk.change(post, "A better text.")
    desk.publish(post, "mastodon")
    with pytest.raises(NotOut, match="A change of this is on its way there"):
        services.unpublish(published_post_id=row.pk, by=None)
    desk.drain()
    assert (desk.row(post).status, desk.mastodon.calls) == ("success", ["commit", "update"])


def test_post_that_is_being_taken_away_is_not_changed(desk: Desk) -> None:
    post, row = desk.order("mastodon")
    desk.drain()
    desk.mastodon.on_delete = raising(Transient("away"))
    removal = services.unpublish(published_post_id=row.pk, by=None)
    testing.drain()  # it waits for its second try
    desk.change(post, "A better text.")
    desk.publish(post, "mastodon")
    testing.drain()
    assert (desk.row(post).status, desk.mastodon.calls) == ("processing", ["commit", "delete"])

    desk.mastodon.on_delete = lambda: None
    Job.objects.filter(pk=removal).update(run_at=timezone.now())
    desk.drain()
    row.refresh_from_db()
    later = desk.row(post)
    assert (later.status, "Publish the post there as a new one" in later.error) == ("failed", True)
    assert (row.removed_at is None, desk.mastodon.calls) == (False, ["commit", "delete", "delete"])


def test_post_that_cannot_be_taken_away_says_so(desk: Desk) -> None:
    _, chat = desk.order("telegram")
    _, row = desk.order("mastodon")
    desk.mastodon.on_delete = raising(Permanent("It is pinned. Unpin it there, then try again."))
    desk.drain()
    with pytest.raises(NotOut, match="Telegram does not let us take this away"):
        services.unpublish(published_post_id=chat.pk, by=None)

    services.unpublish(published_post_id=row.pk, by=None)
    desk.drain()

    row.refresh_from_db()
    assert (row.status, row.removed_at, row.error_code) == ("success", None, "still_there")
    assert row.error == "This is still there: It is pinned. Unpin it there, then try again."


def test_deletion_whose_answer_is_lost_is_repeated(desk: Desk) -> None:
    _, row = desk.order("mastodon")
    desk.drain()
    answers = [OutcomeUnknown(), Transient("away")]

    def lose_answer() -> None:
        if answers:
            raise answers.pop(0)

    desk.mastodon.on_delete = lose_answer
    services.unpublish(published_post_id=row.pk, by=None)
    desk.drain()
    row.refresh_from_db()
    assert (row.removed_at is None, desk.mastodon.calls.count("delete")) == (False, 3)
