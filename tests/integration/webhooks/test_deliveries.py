"""Events, told to whoever wants them: signed, at least once, and nobody waits for a receiver."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone
from standardwebhooks import Webhook

from nightdesk.core.errors import InvalidInput
from nightdesk.engine.actions import cancel
from nightdesk.engine.models import Job, JobPayload
from nightdesk.engine.states import State
from nightdesk.engine.testing import drain, run_job
from nightdesk.webhooks import services
from nightdesk.webhooks.errors import EndpointAsleep, EndpointNotFound, StillOnItsWay
from nightdesk.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from tests.support.platforms.double import commit_then_drop, say, throttle
from tests.support.platforms.receiver import SECRET, ReceiverDouble

pytestmark = pytest.mark.django_db(transaction=True)

DATA = {"post_id": 7, "published": 3, "total": 4}


def make_endpoint(receiver: ReceiverDouble, **fields: object) -> WebhookEndpoint:
    given = {"url": receiver.url, "secret": SECRET, "user_id": None, **fields}
    endpoint, _ = services.create_endpoint(**given)  # type: ignore[arg-type]
    return endpoint


def announce_one(receiver: ReceiverDouble) -> WebhookDelivery:
    make_endpoint(receiver)
    assert services.announce(event="post.finished", data=DATA) == 1
    return WebhookDelivery.objects.get()


def run(delivery: WebhookDelivery) -> tuple[Job, WebhookDelivery]:
    delivery.refresh_from_db()
    assert delivery.task_id is not None
    job = run_job(delivery.task_id)
    delivery.refresh_from_db()
    return job, delivery


def make_due(job_id: UUID) -> None:
    Job.objects.filter(pk=job_id).update(run_at=timezone.now() - timedelta(seconds=1))


def test_event_arrives_once_signed_and_typed(receiver: ReceiverDouble) -> None:
    delivery = announce_one(receiver)

    job, delivery = run(delivery)

    (event,) = receiver.events
    assert (event["type"], event["data"]) == ("post.finished", DATA)
    assert receiver.ids == [delivery.webhook_id]
    assert (job.state, delivery.state) == (State.SUCCEEDED, DeliveryState.DELIVERED)
    assert (delivery.attempts, delivery.last_status) == (1, 200)
    assert delivery.endpoint.last_delivered_at == delivery.delivered_at


def test_rollback_takes_the_event_along(receiver: ReceiverDouble) -> None:
    make_endpoint(receiver)
    with transaction.atomic():
        services.announce(event="post.finished", data=DATA)
        transaction.set_rollback(True)

    assert (WebhookDelivery.objects.count(), Job.objects.count()) == (0, 0)


def test_lost_answer_is_sent_again_and_the_receiver_knows_it(receiver: ReceiverDouble) -> None:
    delivery = announce_one(receiver)
    receiver.plan("take", commit_then_drop)

    job, delivery = run(delivery)
    assert (job.state, delivery.state, delivery.last_status) == (State.WAITING, DeliveryState.WAITING, None)
    make_due(job.pk)
    job, delivery = run(delivery)

    assert (receiver.count("take"), len(receiver.events)) == (2, 1)
    first, second = receiver.requests
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert (job.state, delivery.state, delivery.attempts) == (State.SUCCEEDED, DeliveryState.DELIVERED, 2)


@pytest.mark.parametrize("status", [302, 400, 401, 404, 500])
def test_answer_that_is_no_success_is_tried_again(receiver: ReceiverDouble, status: int) -> None:
    delivery = announce_one(receiver)
    receiver.plan("take", say(status, "no"))

    job, delivery = run(delivery)

    assert (job.state, delivery.state) == (State.WAITING, DeliveryState.WAITING)
    assert delivery.last_status == (None if status == 500 else status)
    assert "no" not in delivery.last_error.split()


def test_pause_that_a_receiver_asks_for_is_kept(receiver: ReceiverDouble) -> None:
    delivery = announce_one(receiver)
    receiver.plan("take", throttle(7_200))

    job, _ = run(delivery)

    assert job.run_at - timezone.now() > timedelta(minutes=119)


def test_receiver_that_is_gone_is_switched_off(receiver: ReceiverDouble) -> None:
    delivery = announce_one(receiver)
    receiver.revoke()

    job, delivery = run(delivery)

    endpoint = WebhookEndpoint.objects.get()
    assert (job.state, delivery.state, delivery.last_status) == (State.FAILED, DeliveryState.FAILED, 410)
    assert (endpoint.is_active, endpoint.disabled_reason) == (False, delivery.last_error)
    assert services.announce(event="post.finished", data=DATA) == 0
    with pytest.raises(EndpointAsleep):
        services.send_test(endpoint_id=endpoint.pk, user_id=None)


def test_cancelled_delivery_can_be_sent_again(receiver: ReceiverDouble) -> None:
    delivery = announce_one(receiver)
    endpoint_id = delivery.endpoint_id
    with pytest.raises(StillOnItsWay):
        services.redeliver(endpoint_id=endpoint_id, delivery_id=delivery.pk, user_id=None)
    assert delivery.task_id is not None
    cancel(job_id=delivery.task_id)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.FAILED

    again = services.redeliver(endpoint_id=endpoint_id, delivery_id=delivery.pk, user_id=None)
    _, again = run(again)

    assert (again.state, receiver.ids) == (DeliveryState.DELIVERED, [delivery.webhook_id])


def test_only_the_events_that_were_chosen_are_told(receiver: ReceiverDouble) -> None:
    make_endpoint(receiver, events=["post.finished"])
    silent = make_endpoint(receiver, name="silent")
    services.change_endpoint(endpoint_id=silent.pk, changes={"is_active": False})

    assert services.announce(event="post.finished", data=DATA) == 1
    with pytest.raises(ValueError, match=r"post\.finnished"):
        services.announce(event="post.finnished", data=DATA)


def test_replaced_secret_signs_along_for_a_day(receiver: ReceiverDouble) -> None:
    endpoint = make_endpoint(receiver)
    _, new = services.renew_secret(endpoint_id=endpoint.pk)
    services.send_test(endpoint_id=endpoint.pk, user_id=None)
    drain()

    (request,) = receiver.requests
    for secret in (SECRET, new):
        assert Webhook(secret).verify(request.body, dict(request.headers))["type"] == "ping"

    WebhookEndpoint.objects.update(old_secret_until=timezone.now())
    services.send_test(endpoint_id=endpoint.pk, user_id=None)
    drain()
    assert WebhookDelivery.objects.latest("pk").last_status == 401


def test_secrets_stand_in_no_row(receiver: ReceiverDouble) -> None:
    endpoint = make_endpoint(receiver)
    _, new = services.renew_secret(endpoint_id=endpoint.pk)
    services.send_test(endpoint_id=endpoint.pk, user_id=None)
    drain()

    rows: list[object] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += cursor.fetchall()
    written = repr(rows)
    assert "ping" in written
    assert not [one for one in (SECRET, new) if one.removeprefix("whsec_") in written]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hooks",
        "https://[::1]/",
        "http://example.com/",
        "ftp://example.com/",
        "https://a:b@c.org/",
        "",
    ],
)
def test_address_that_may_not_be_sent_to_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        services.create_endpoint(url=url, user_id=None)

    assert list(raised.value.details) == ["url"]
    assert not WebhookEndpoint.objects.exists()


def test_address_that_became_private_is_not_sent_to(receiver: ReceiverDouble) -> None:
    delivery = announce_one(receiver)
    WebhookEndpoint.objects.update(url=receiver.url.replace("127.0.0.1", "127.0.0.2"))

    job, delivery = run(delivery)

    assert (job.state, delivery.state, receiver.requests) == (State.FAILED, DeliveryState.FAILED, [])
    assert "NIGHTDESK_PRIVATE_HOSTS" in delivery.last_error


def test_deleted_endpoint_is_not_sent_to(receiver: ReceiverDouble) -> None:
    delivery = announce_one(receiver)
    services.delete_endpoint(endpoint_id=delivery.endpoint_id)

    assert delivery.task_id is not None
    assert run_job(delivery.task_id).state == State.FAILED
    assert receiver.requests == []
    with pytest.raises(EndpointNotFound):
        services.delete_endpoint(endpoint_id=delivery.endpoint_id)


def test_old_deliveries_are_swept_and_waiting_ones_stay(receiver: ReceiverDouble) -> None:
    endpoint = make_endpoint(receiver)
    for _ in range(2):
        services.send_test(endpoint_id=endpoint.pk, user_id=None)
    old, waiting = WebhookDelivery.objects.order_by("pk")
    run(old)
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=31))

    swept = services.sweep(check=lambda: None)

    assert (swept.removed_deliveries, list(WebhookDelivery.objects.all())) == (1, [waiting])


def test_end_that_nobody_told_is_told_by_the_sweep(receiver: ReceiverDouble) -> None:
    delivery = announce_one(receiver)
    assert delivery.task_id is not None
    services.listen(job_id=delivery.task_id, url=receiver.url, secret=SECRET, user_id=None)
    Job.objects.filter(pk=delivery.task_id).update(state=State.SUCCEEDED, finished_at=timezone.now())

    assert [services.sweep(check=lambda: None).told for _ in range(2)] == [1, 0]
    drain()
    (event,) = receiver.events
    assert event["data"]["task_id"] == str(delivery.task_id)
    assert json.loads(WebhookDelivery.objects.latest("pk").body) == event
    assert not JobPayload.objects.filter(arguments__contains="whsec").exists()
