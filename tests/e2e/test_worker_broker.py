"""Enqueueing while the broker is away: it neither fails nor slows, and the job runs when it is back."""

import pytest

from tests.e2e.stage import Stage
from tests.support.nightdesk import MakeInstallation
from tests.support.processes import find_free_port

DOWN = {"redis": "redis://127.0.0.1:{port}/0", "rabbitmq": "amqp://127.0.0.1:{port}//"}
ENQUEUE = """
import time
from tests.support.kinds import plain_add
began = time.perf_counter()
for _ in range(20):
    plain_add.delay(1, 2)
print(time.perf_counter() - began)
"""


@pytest.mark.parametrize("broker", DOWN)
def test_enqueue_neither_fails_nor_slows_while_the_broker_refuses(
    broker: str, make_installation: MakeInstallation
) -> None:
    nightdesk = make_installation(
        extra_tasks=["tests.support.kinds"], settings={"CELERY_BROKER_URL": DOWN[broker].format(port=find_free_port())}
    )
    seconds = float(nightdesk.run_script(ENQUEUE).split()[-1])
    assert seconds < 1
    assert nightdesk.states() == {"waiting": 20}


def test_enqueue_is_not_slowed_by_a_broker_that_is_silent_and_its_jobs_run_later() -> None:
    with Stage(broker="redis") as stage:
        assert stage.nightdesk.redis is not None
        stage.ask("str(enqueue(Noop()))")
        stage.nightdesk.redis.freeze()
        took_s = stage.ask(
            "[began := time.perf_counter(), [enqueue(Noop()) for _ in range(20)], time.perf_counter() - began][2]"
        )
        stage.nightdesk.redis.thaw()
        assert took_s < 1

        stage.worker("a", pool="threads", slots=2)
        stage.nightdesk.done(21, limit_s=20)
        assert stage.nightdesk.states() == {"succeeded": 21}
