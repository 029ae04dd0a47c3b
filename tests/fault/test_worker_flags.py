"""Workers that were told not to talk to each other: rows and rings need none of it."""

import pytest

from tests.fault.lab import MakeLab
from tests.fault.stacks import STACKS
from tests.support.processes import wait_until

pytestmark = pytest.mark.fault

FLAGS = {
    "all": (),
    "no-gossip": ("--without-gossip",),
    "no-mingle": ("--without-mingle",),
    "no-heartbeat": ("--without-heartbeat",),
    "none": ("--without-gossip", "--without-mingle", "--without-heartbeat"),
}
_ENQUEUE = """
import sys
from nightdesk.celery import app
for queue in sys.argv[1:]:
    for _ in range(5):
        app.tasks["tests.nap"].apply_async(kwargs={"seconds": 0.01}, queue=queue)
"""


@pytest.mark.parametrize("name", ["postgres+redis/threads8", "sqlite+files/threads8"])
def test_workers_do_their_jobs_when_they_do_not_talk_to_each_other(make_lab: MakeLab, name: str) -> None:
    lab = make_lab(STACKS[name])
    workers = [
        lab.nightdesk.worker(name, pool="threads", concurrency=1, queues=[name], flags=flags)
        for name, flags in FLAGS.items()
    ]
    lab.nightdesk.run_script(_ENQUEUE, *FLAGS)
    for worker in workers:
        worker.wait_ready()
    lab.nightdesk.done(5 * len(FLAGS), 60)
    assert lab.nightdesk.states() == {"succeeded": 5 * len(FLAGS)}

    workers[0].kill9()  # whoever hears of it or not: its queue waits for the next one
    lab.nightdesk.run_script(_ENQUEUE, "all")
    lab.nightdesk.worker("again", pool="threads", concurrency=1, queues=["all"], flags=FLAGS["none"])
    wait_until(lambda: lab.nightdesk.states()["succeeded"] == 5 * len(FLAGS) + 5, 60, "the queue is worked off again")
