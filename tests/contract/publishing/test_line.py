"""The line to a platform's server: what is waited for, what is said afterwards, and what never leaves."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest

from nightdesk.core.errors import NightdeskError, OutcomeUnknown, Permanent, Throttled, Transient
from nightdesk.providers.fetching.addresses import BlockedAddress
from nightdesk.providers.publishing.line import Answer, Line, Refused
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import AccountRefused
from tests.support.platforms.desk import RecordedDesk
from tests.support.platforms.double import (
    PlatformDouble,
    Request,
    Wire,
    commit_then_drop,
    cut,
    drop_before,
    hang,
    say,
    send_html,
    throttle,
)
from tests.support.vendor_server import send_raw
from tests.support.works import Stopped

KEY = "nd-test-line-5d0c7f3e91"


class Server(PlatformDouble):
    """Makes something, and shows something."""

    routes = (("make", "POST", "/api/things"), ("show", "GET", "/api/things"))
    commits = ("make",)
    secrets = (KEY,)

    def answer_make(self, wire: Wire, request: Request) -> None:
        assert request.headers["user-agent"] == "Nightdesk"
        wire.send_json(201, {"made": True})

    def answer_show(self, wire: Wire, _request: Request) -> None:
        wire.send_json(200, {"things": []})


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server
        assert server.errors == []


def open_line(server: Server, desk: RecordedDesk | None = None, **given: Any) -> Line:
    options = PublishingOptions(private_hosts=frozenset(["127.0.0.1"]), timeout_s=given.pop("timeout_s", 5.0))
    wanted = {"name": "Example", "base_url": server.root, "headers": {"Api-Key": KEY}, **given}
    return Line(desk=desk or RecordedDesk(), options=options, **wanted)


def make(line: Line, **given: Any) -> Answer:
    return line.ask("POST", "/api/things", **{"makes": True, "json": {"a": 1}, **given})


def test_answer_is_read(server: Server) -> None:
    answer = make(open_line(server))

    assert (answer.status, answer.read_object()) == (201, {"made": True})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("body", [b"<p>", b"[1]", b'"text"', b"\xff"])
def test_body_that_is_no_object_reads_as_an_empty_one(body: bytes) -> None:
    assert Answer(200, {}, body).read_object() == {}


# ---------------------------------------------------------------- pauses


def test_short_pauses_are_waited_for(server: Server) -> None:
    server.plan("make", throttle(0.01), throttle(0), throttle(0.01))

    assert make(open_line(server)).status == 201
    assert server.count("make") == 4


def test_pause_that_does_not_end_is_handed_on(server: Server) -> None:
    server.plan("make", *[throttle(0)] * 20)
    with pytest.raises(Throttled):
        make(open_line(server))

    assert server.count("make") == 9


def test_long_pause_is_handed_on_at_once(server: Server) -> None:
    server.plan("make", throttle(30))
    with pytest.raises(Throttled, match="It will be tried again in 30 s") as raised:
        make(open_line(server))

    assert raised.value.retry_after_s == 30
    assert server.count("make") == 1


def test_pause_longer_than_the_run_is_handed_on(server: Server) -> None:
    server.plan("make", throttle(3))
    with pytest.raises(Throttled):
        make(open_line(server, RecordedDesk(left_s=2.0)))


def test_pause_that_is_said_in_the_body_counts_where_it_is_longer(server: Server) -> None:
    server.plan("make", throttle(0.01, {"pause": 40}))
    with pytest.raises(Throttled) as raised:
        make(open_line(server, read_pause=lambda answer: answer.read_object()["pause"]))

    assert raised.value.retry_after_s == 40


def test_cancel_ends_a_pause(server: Server) -> None:
    server.plan("make", throttle(5))
    begun = time.monotonic()
    with pytest.raises(Stopped):
        make(open_line(server, RecordedDesk(stop_when=lambda desk: desk.looks >= 4)))

    assert time.monotonic() - begun < 1.5


# ---------------------------------------------------------------- what is known afterwards

LOST = {
    "500": say(500, "oops"),
    "502": say(502, "<h1>Bad gateway</h1>"),
    "reset": drop_before,
    "answer lost": commit_then_drop,
    "cut": cut,
    "flood": send_raw(b"x" * (9 * 1024 * 1024), "text/plain"),
    "compressed": send_raw(b"\x1f\x8b", "application/json", Content_Encoding="gzip"),
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_lost_answer_of_what_makes_something_is_an_open_question(server: Server, fault: Any) -> None:
    server.plan("make", fault)
    with pytest.raises(OutcomeUnknown, match="Example did not answer, so it is not known whether the post went out"):
        make(open_line(server))

    assert server.count("make") == 1


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_lost_answer_of_what_may_be_repeated_is_tried_later(server: Server, fault: Any) -> None:
    server.plan("make", fault)
    with pytest.raises(Transient, match="It will be tried again"):
        make(open_line(server), is_repeatable=True)
    server.plan("show", fault)
    with pytest.raises(Transient, match="It will be tried again"):
        open_line(server).get("/api/things")


def test_deadline_of_what_makes_something_is_an_open_question(server: Server) -> None:
    server.plan("make", hang)
    with pytest.raises(OutcomeUnknown):
        make(open_line(server, timeout_s=0.3))


def test_run_without_much_time_waits_no_longer_than_that(server: Server) -> None:
    server.plan("make", hang)
    begun = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        make(open_line(server, RecordedDesk(left_s=0.2), timeout_s=60))

    assert time.monotonic() - begun < 3


def test_server_that_is_not_there_is_tried_later(server: Server) -> None:
    line = open_line(server)
    server.close()
    with pytest.raises(Transient, match="Example cannot be reached") as raised:
        make(line)

    assert not isinstance(raised.value, OutcomeUnknown)


def test_deadline_before_anything_was_sent_leaves_no_question() -> None:
    with closing(socket.create_server(("127.0.0.1", 0), backlog=0)) as listener:
        fill = [socket.socket() for _ in range(2)]
        for one in fill:  # the line in front of it is full now: a further connection waits
            one.setblocking(False)
            with suppress(BlockingIOError):
                one.connect(listener.getsockname())
        options = PublishingOptions(private_hosts=frozenset(["127.0.0.1"]), timeout_s=0.3)
        line = Line(
            name="Example",
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
            desk=RecordedDesk(),
            options=options,
        )
        with pytest.raises(Transient, match="Example cannot be reached"):
            make(line)
        for one in fill:
            one.close()


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, Refused, "refused this (HTTP 400)"),
        (403, Refused, "refused this (HTTP 403)"),
        (301, Refused, "sends its readers elsewhere (HTTP 301)"),
        (401, AccountRefused, "Reconnect the account"),
        (425, Transient, "could not take it just now"),
    ],
)
def test_refusal_says_that_nothing_happened(server: Server, status: int, kind: type[Exception], words: str) -> None:
    server.plan("make", say(status, {"error": KEY}, Location=f"{server.root}/elsewhere"))
    with pytest.raises(kind) as raised:
        make(open_line(server))

    assert words in str(raised.value)
    assert server.received == ["make"]


def test_refusal_carries_the_answer_for_the_adapter(server: Server) -> None:
    server.plan("make", say(422, {"error": "taken"}))
    with pytest.raises(Refused) as raised:
        make(open_line(server))

    assert (raised.value.http_status, raised.value.answer.read_object()) == (422, {"error": "taken"})


# ---------------------------------------------------------------- where it goes


def test_private_address_is_refused_unless_it_is_listed(server: Server) -> None:
    line = Line(name="Example", base_url=server.root, desk=RecordedDesk(), options=PublishingOptions())
    with pytest.raises(BlockedAddress, match=r"127\.0\.0\.1 is not on the public internet.*NIGHTDESK_PRIVATE_HOSTS"):
        make(line)

    assert server.received == []


def test_host_may_be_listed_with_one_port_only(server: Server) -> None:
    host = server.root.removeprefix("http://")
    listed = PublishingOptions(private_hosts=frozenset([host]))
    other = PublishingOptions(private_hosts=frozenset(["127.0.0.1:1"]))

    assert make(Line(name="Example", base_url=server.root, desk=RecordedDesk(), options=listed)).status == 201
    with pytest.raises(BlockedAddress):
        make(Line(name="Example", base_url=server.root, desk=RecordedDesk(), options=other))


@pytest.mark.parametrize("address", ["", "example.com", "ftp://example.com", "https://", "https://me:pw@example.com"])
def test_address_that_cannot_be_read_is_said_so(address: str) -> None:
    with pytest.raises(Permanent, match=r"must look like https://example\.com"):
        Line(name="Example", base_url=address, desk=RecordedDesk(), options=PublishingOptions())


def test_whole_address_is_asked_as_it_stands(server: Server) -> None:
    open_line(server, base_url=f"{server.root}/api/things?wait=true").ask("POST", "", makes=True)

    assert server.requests[0].query == {"wait": ["true"]}


def test_path_after_a_query_is_refused(server: Server) -> None:
    with pytest.raises(Permanent, match="must end with its path"):
        open_line(server, base_url=f"{server.root}?a=1").get("/api/things")


@pytest.mark.parametrize("key", ["schlüssel-Ω", "two\nlines"])
def test_key_that_no_request_can_carry_is_for_a_person_to_correct(server: Server, key: str) -> None:
    with pytest.raises(Permanent, match="Correct them in the account") as raised:
        make(open_line(server, headers={"Api-Key": key}))

    assert key not in str(raised.value)
    assert server.received == []


# ---------------------------------------------------------------- cancels and secrets


@pytest.mark.parametrize("is_repeatable", [True, False])
def test_cancel_ends_a_call_that_hangs(server: Server, is_repeatable: bool) -> None:
    server.plan("make", hang)
    begun = time.monotonic()
    with pytest.raises(Stopped):
        make(open_line(server, RecordedDesk(stop_when=lambda desk: desk.looks >= 3)), is_repeatable=is_repeatable)

    assert time.monotonic() - begun < 1.5


def test_what_the_run_raises_to_stop_is_not_taken_for_the_servers(server: Server) -> None:
    class NotOurs(ValueError):
        """A fence of the run that happens to be an error which libraries raise, too."""

    def stop(_desk: RecordedDesk) -> bool:
        raise NotOurs

    server.plan("make", hang)
    with pytest.raises(NotOurs):
        make(open_line(server, RecordedDesk(stop_when=stop)))


FAULTS: dict[str, Callable[..., None]] = {**LOST, "refused": say(400, {"error": KEY}), "throttled": throttle(60)}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_errors_hold_nothing_of_the_request(server: Server, fault: Any) -> None:
    server.plan("make", fault)
    with pytest.raises(NightdeskError) as raised:
        make(open_line(server))

    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert KEY not in repr(raised.value)
    assert KEY not in repr(getattr(raised.value, "answer", ""))


def test_html_instead_of_json_reads_as_nothing(server: Server) -> None:
    server.plan("show", send_html)

    assert open_line(server).get("/api/things").read_json() is None


def test_lines_are_used_side_by_side(server: Server) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(make(open_line(server)).status)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [201] * 8
