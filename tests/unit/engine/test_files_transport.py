"""The file broker as kombu uses it: queues, exchanges, garbage, temporary queues."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Consumer, Exchange, Queue
from kombu.exceptions import ChannelError

from nightdesk.engine.files import build_broker_url, empty_broker, register, transport_options

DIRECT = Queue("default", Exchange("default", type="direct"), routing_key="default")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with connect(tmp_path) as opened:
        yield opened


def connect(folder: Path) -> Connection:
    register()
    return Connection(build_broker_url(folder))


def send(connection: Connection, queue: Queue, *bodies: object) -> None:
    producer = connection.Producer(serializer="json")
    for body in bodies:
        producer.publish(body, exchange=queue.exchange, routing_key=queue.routing_key, declare=[queue])


def receive(connection: Connection, queue: Queue) -> list[Any]:
    got: list[Any] = []
    with Consumer(connection, [queue], callbacks=[lambda body, _: got.append(body)], no_ack=True, accept=["json"]):
        try:
            while True:
                connection.drain_events(timeout=0.01)
        except TimeoutError:
            return got


def test_messages_travel_between_two_connections_in_order(connection: Connection, tmp_path: Path) -> None:
    send(connection, DIRECT, {"number": 1}, {"number": 2}, {"text": "\x00 ü \U0001f600"})

    with connect(tmp_path) as other:
        assert receive(other, DIRECT) == [{"number": 1}, {"number": 2}, {"text": "\x00 ü \U0001f600"}]


def test_direct_exchange_reaches_the_queues_of_its_key_only(connection: Connection) -> None:
    exchange = Exchange("work", type="direct")
    one, two = Queue("one", exchange, routing_key="1"), Queue("two", exchange, routing_key="2")
    for queue in (one, two):
        queue(connection.default_channel).declare()
    send(connection, one, "for one")

    assert (receive(connection, one), receive(connection, two)) == (["for one"], [])


def test_topic_exchange_follows_its_patterns(connection: Connection) -> None:
    exchange = Exchange("events", type="topic")
    everything = Queue("everything", exchange, routing_key="#")
    online = Queue("online", exchange, routing_key="worker.*.online")
    for queue in (everything, online):
        queue(connection.default_channel).declare()
    producer = connection.Producer(exchange=exchange, serializer="json")
    producer.publish("a", routing_key="worker.x.online")
    producer.publish("b", routing_key="task.sent")

    assert (receive(connection, everything), receive(connection, online)) == (["a", "b"], ["a"])


def test_fanout_reaches_every_queue_whoever_bound_it(connection: Connection, tmp_path: Path) -> None:
    exchange = Exchange("commands", type="fanout")
    queues = [Queue(f"box-{number}", exchange) for number in range(3)]
    with connect(tmp_path) as other:
        for queue in queues:
            queue(other.default_channel).declare()
        send(connection, Queue("box-0", exchange), "ping")

        assert [receive(other, queue) for queue in queues] == [["ping"]] * 3


def test_garbage_is_set_aside_and_the_next_message_arrives(
    connection: Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    send(connection, DIRECT, "before")
    folder = tmp_path / "queues" / "default"
    garbage = [b"", b"{", b"\xff\xfe", b"[]", b"{}", b'{"properties": {}}', b"[" * 100_000]
    garbage += [b'{"body": "abcde", "properties": {"delivery_tag": "x", "body_encoding": "base64"}}']
    for number, content in enumerate(garbage):
        (folder / f"0000000000000000000{number}-garbage.msg").write_bytes(content)
    (folder / "00000000000000000009-folder.msg").mkdir()

    with caplog.at_level(logging.WARNING):
        assert receive(connection, DIRECT) == ["before"]
    assert len(list((tmp_path / "unreadable").iterdir())) == len(garbage) + 1
    assert len(caplog.records) == len(garbage) + 1
    assert "a file in queue default is no message" in caplog.messages[0]
    assert list((tmp_path / "claimed").iterdir()) == []


def test_purge_says_how_many_it_removed(connection: Connection) -> None:
    send(connection, DIRECT, 1, 2, 3)
    bound = DIRECT(connection.default_channel)

    assert (bound.purge(), bound.purge(), receive(connection, DIRECT)) == (3, 0, [])


def test_declaration_counts_what_waits(connection: Connection) -> None:
    send(connection, DIRECT, 1, 2)

    assert DIRECT(connection.default_channel).queue_declare(passive=True) == ("default", 2, 0)


def test_passive_declaration_of_a_queue_that_is_not_there_is_refused(connection: Connection) -> None:
    with pytest.raises(ChannelError, match="no queue 'nowhere'"):
        Queue("nowhere")(connection.default_channel).queue_declare(passive=True)


def test_deleted_queue_gets_nothing_any_more(connection: Connection, tmp_path: Path) -> None:
    send(connection, DIRECT, 1)
    with connect(tmp_path) as other:  # one that never declared it
        other.default_channel.queue_delete("default")
    connection.Producer(serializer="json").publish(2, exchange=DIRECT.exchange, routing_key="default")

    assert not (tmp_path / "queues" / "default").exists()


def test_queue_deleted_only_if_empty_stays_while_it_is_not(connection: Connection) -> None:
    send(connection, DIRECT, 1)
    connection.default_channel.queue_delete("default", if_empty=True)

    assert receive(connection, DIRECT) == [1]


def test_temporary_queue_goes_with_its_reader(connection: Connection, tmp_path: Path) -> None:
    reply = Queue("reply", Exchange("replies", type="direct"), routing_key="reply", auto_delete=True, expires=10)
    reply(connection.default_channel).declare()
    send(connection, reply, "answer")

    assert receive(connection, reply) == ["answer"]
    assert [path.name for path in (tmp_path / "queues").iterdir()] == []
    assert list((tmp_path / "exchanges" / "replies").iterdir()) == []


def test_new_reader_of_a_temporary_queue_never_hears_what_was_meant_for_the_dead_one(
    connection: Connection, tmp_path: Path
) -> None:
    box = Queue("worker.pidbox", Exchange("commands", type="fanout"), auto_delete=True, expires=10)
    send(connection, box, "shutdown")  # its reader was killed: the queue is still there
    with connect(tmp_path) as restarted:
        box(restarted.default_channel).declare()
        send(connection, box, "ping")

        assert receive(restarted, box) == ["ping"]


def test_reader_comes_back_after_the_broker_was_emptied(connection: Connection, tmp_path: Path) -> None:
    box = Queue("worker.pidbox", Exchange("commands", type="fanout"), auto_delete=True, expires=10)
    got: list[object] = []
    with (
        connect(tmp_path) as reader,
        Consumer(reader, [box], callbacks=[lambda body, _: got.append(body)], no_ack=True, accept=["json"]),
    ):
        empty_broker(tmp_path)
        with pytest.raises(socket.timeout):
            reader.drain_events(timeout=0.01)
        connection.Producer(serializer="json").publish("ping", exchange=box.exchange)
        reader.drain_events(timeout=5)

    assert got == ["ping"]


def test_unacknowledged_messages_return_when_the_channel_closes(tmp_path: Path) -> None:
    with connect(tmp_path) as connection:
        send(connection, DIRECT, "a", "b")
        first = DIRECT(connection.default_channel).get()
        assert first is not None
        assert first.payload == "a"

    with connect(tmp_path) as connection:
        assert sorted(receive(connection, DIRECT)) == ["a", "b"]


def test_address_without_a_folder_takes_the_option(tmp_path: Path) -> None:
    register()
    with Connection("files://", transport_options=transport_options(tmp_path / "broker")) as connection:
        send(connection, DIRECT, 1)

        assert connection.as_uri() == build_broker_url(tmp_path / "broker")
    assert (tmp_path / "broker" / "queues" / "default").is_dir()


def test_address_without_any_folder_says_what_to_write() -> None:
    register()
    with pytest.raises(ValueError, match="write files:///folder"):
        Connection("files://").connect()


@pytest.mark.parametrize("name", ["a b", "50%", "ü;x+y", "a?b#c"])
def test_address_may_name_any_folder(tmp_path: Path, name: str) -> None:
    with connect(tmp_path / name) as connection:
        send(connection, DIRECT, 1)

    assert (tmp_path / name / "queues" / "default").is_dir()
