"""Workers that are killed while they send mail: nothing is doubled but by its category's rule, and all of it is told."""

import random
from collections import Counter
from functools import partial

import pytest

from tests.fault.post_office import PATIENCE_S, open_post_office
from tests.support.nightdesk import Broker, Database, MakeInstallation
from tests.support.processes import wait_until
from tests.support.smtp import SmtpSink, hang

pytestmark = pytest.mark.fault

CATEGORIES = ("security", "notice", "bulk")


def has_kept(count: int, sink: SmtpSink) -> bool:
    return len(sink.mails) >= count


def test_worker_killed_between_the_letter_and_its_commit_goes_by_the_category(
    make_installation: MakeInstallation,
) -> None:
    late = [(f"{category}-late@example.org", category) for category in CATEGORIES]  # the server has it
    early = [(f"{category}-early@example.org", category) for category in CATEGORIES]  # it was not handed over yet
    with open_post_office(make_installation) as office:
        office.sink.plan(
            *(hang("stored", recipient=recipient) for recipient, _ in late),
            *(hang("data", recipient=recipient) for recipient, _ in early),
        )
        worker = office.start("a", slots=6).wait_ready()
        office.send(late + early)
        office.sink.wait_held(6, PATIENCE_S)

        office.kill_children_at_work(worker, "mail.%")
        office.wait_final(6)

        told, copies = office.told(), office.copies()
        ids: dict[str, set[str]] = {recipient: set() for recipient in copies}
        for mail in office.sink.mails:
            ids[mail.recipient].add(mail.message_id)
    assert told == {**{recipient: "unknown" if category == "bulk" else "sent" for recipient, category in late + early}}
    assert copies == {
        "security-late@example.org": 2,
        "notice-late@example.org": 2,
        "bulk-late@example.org": 1,
        "security-early@example.org": 1,
        "notice-early@example.org": 1,
    }
    assert {len(found) for found in ids.values()} == {1}  # the same Message-ID each time


@pytest.mark.parametrize("numbers", [(40, 150, 260), (40, 50, 60)], ids=["three-batches", "one-batch"])
def test_mailing_whose_workers_are_killed_three_times_doubles_nothing_and_lists_what_nobody_knows(
    make_installation: MakeInstallation, numbers: tuple[int, int, int]
) -> None:
    count = 300
    held = [f"reader{number}@example.org" for number in numbers]
    with open_post_office(make_installation) as office:
        office.sink.plan(
            hang("stored", recipient=held[0]), hang("data", recipient=held[1]), hang("stored", recipient=held[2])
        )
        worker = office.start("a", slots=2).wait_ready()
        office.send_bulk(count)
        for kill in range(1, 4):
            office.sink.wait_held(kill, PATIENCE_S)
            office.kill_children_at_work(worker, "mail.send_mail_batch", holding=held)
        office.wait_final(count)

        told, copies = office.told(), office.copies()
    unknown = sorted(recipient for recipient, state in told.items() if state != "sent")
    assert {told[recipient] for recipient in unknown} == {"unknown"}
    assert unknown == sorted(held)
    expected = Counter(f"reader{number}@example.org" for number in range(count))
    del expected[held[1]]  # the one that was taken and not handed over: nobody can know, so a person is asked
    assert copies == expected


@pytest.mark.soak
@pytest.mark.parametrize(("database", "broker"), [("sqlite", "files"), ("postgres", "redis")])
def test_thousands_of_mails_among_workers_killed_at_random(
    make_installation: MakeInstallation, database: Database, broker: Broker
) -> None:
    count, chance = 5_000, random.Random(database)
    with open_post_office(make_installation, database=database, broker=broker) as office:
        office.send_bulk(count)
        worker = office.start("a", pool="threads", slots=8)
        for kill in range(1, 4):
            share = count * kill // 5 + chance.randrange(200)
            office.sink.wait(partial(has_kept, share), f"{share} mails are out", 300)
            worker.kill9()
            worker = office.start("abcd"[kill], pool="threads", slots=8)
        wait_until(lambda: not office.nightdesk.states()["running"], 300, "the mailing has ended")
        office.wait_final(count)

        told, copies = office.told(), office.copies()
    assert max(copies.values()) == 1
    assert set(told.values()) <= {"sent", "unknown"}
    assert Counter(told.values())["unknown"] <= 3 * 8  # one for each slot of each worker that was killed
    assert {recipient for recipient, state in told.items() if state == "sent"} <= copies.keys()
