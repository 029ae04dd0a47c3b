"""The API in real web processes: what a client in the same process could not see."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import pytest

from nightdesk.httpkit.body_limit import USUAL_BYTES, find_most_bytes
from nightdesk.httpkit.large_bodies import MAX_LARGE_BODY_BYTES
from nightdesk.images import services
from nightdesk.images.api.assets import MAX_UPLOAD_BODY_BYTES
from tests.support.nightdesk import Installation, MakeInstallation, Web
from tests.support.postgres import Postgres
from tests.support.processes import wait_until

KINDS = "tests.contract.api.kinds"
CAMPAIGN = {"name": "Spring", "brief": "Sell tulips.", "channels": ["linkedin"]}

MAKE_TOKEN = """
from nightdesk.accounts import services
owner, _ = services.ensure_owner()
print(services.create_token(user_id=owner.id, name="tests")[1])
"""
MAKE_JOB = """
from nightdesk.accounts import services
from nightdesk.engine.enqueue import enqueue
from tests.contract.api.kinds import Echo
print(enqueue(Echo(), owner_id=services.find_owner().id))
"""


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        """Read the JSON."""
        return json.loads(self.content)


@dataclass
class Api:
    """A web process, and a token that it accepts."""

    web: Web
    secret: str

    @classmethod
    def start(cls, installation: Installation) -> Self:
        """Start a web process and make a token."""
        web = installation.web()
        secret = installation.run_script(MAKE_TOKEN).strip()
        return cls(web.wait_ready(), secret)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request over a connection of its own."""
        connection = self.connect(30)
        content = None if body is None else json.dumps(body)
        try:
            connection.request(method, path, content, self.headers(**headers))
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, named, response.read())
        finally:
            connection.close()

    def connect(self, limit_s: float) -> http.client.HTTPConnection:
        """Open a connection."""
        return http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=limit_s)

    def headers(self, **headers: str) -> dict[str, str]:
        """Complete the headers with ours."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json", **given}


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """One installation without a worker, for all tests that leave it as it is."""
    made = Installation(extra_tasks=[KINDS], settings={"NIGHTDESK_API_ANONYMOUS_RATE": "5/h"})
    made.migrate()
    yield made
    made.close()


@pytest.fixture(scope="module")
def api(installation: Installation) -> Api:
    return Api.start(installation)


def test_stranger_cannot_dodge_the_limit_with_a_made_up_address(api: Api) -> None:
    stranger = Api(api.web, "nd_unknown")

    answers = [stranger.call("GET", "/api/v1/me/", X_Forwarded_For=f"203.0.113.{number}") for number in range(9)]

    assert [answer.status for answer in answers] == [401] * 5 + [429] * 4
    assert 0 < int(answers[-1].headers["retry-after"]) <= 720
    assert api.call("GET", "/api/v1/me/").status == 200


def test_body_without_a_length_is_measured_all_the_same(api: Api) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"name": "'
        for _ in range(40):
            yield b"x" * 65536
        yield b'"}'

    connection = api.connect(30)
    connection.request("POST", "/api/v1/tokens/", chunks(), api.headers(), encode_chunked=True)
    response = connection.getresponse()

    assert (response.status, json.loads(response.read())["code"]) == (413, "payload_too_large")
    connection.close()


@pytest.mark.parametrize("path", ["/api/v1/tasks/submit/", "/api/v1/assets", "/studio/upload/", "/", "/no/such/place"])
def test_body_that_says_it_is_endless_is_refused_before_it_comes(api: Api, path: str) -> None:
    with closing(api.connect(10)) as connection:
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(10**12))
        connection.endheaders()
        response = connection.getresponse()

        assert (response.status, json.loads(response.read())["code"]) == (413, "payload_too_large")
        assert response.getheader("Connection") == "close"


@pytest.mark.parametrize("path", ["/api/v1/jobs/", "/sign-in/"])
def test_body_without_an_end_gets_one(api: Api, path: str) -> None:
    before = len(api.web.log.read_text().splitlines())
    with closing(api.connect(10)) as connection:
        connection.putrequest("POST", path)
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        with suppress(ConnectionError):  # closed while we send is an answer, too
            for _ in range(USUAL_BYTES // 65536 + 1):
                connection.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            assert connection.getresponse().status == 413

    lines = api.web.log.read_text().splitlines()[before:]
    assert [f"path={path} status=413 code=payload_too_large" in line for line in lines] == [True]


def test_bodies_are_as_large_as_their_views_say() -> None:
    assert {
        path: find_most_bytes(path)
        for path in (
            "/api/v1/tasks/submit",
            "/api/v1/assets/",
            "/studio/x/run/style/",
            "/api/v1/jobs/",
            "/",
            "/nothing",
        )
    } == {
        "/api/v1/tasks/submit": MAX_LARGE_BODY_BYTES,
        "/api/v1/assets/": MAX_UPLOAD_BODY_BYTES,
        "/studio/x/run/style/": MAX_LARGE_BODY_BYTES,
        "/api/v1/jobs/": USUAL_BYTES,
        "/": USUAL_BYTES,
        "/nothing": USUAL_BYTES,
    }
    assert find_most_bytes("/studio/upload/") > 20 * services.MAX_BYTES


def test_refusal_is_one_line_in_the_log(api: Api) -> None:
    before = len(api.web.log.read_text().splitlines())

    api.call("POST", "/api/v1/tokens/", {"nmae": "x"})

    lines = api.web.log.read_text().splitlines()[before:]
    assert len(lines) == 1, lines
    assert "event=http.refused method=POST path=/api/v1/tokens/ status=400 code=invalid_input" in lines[0]


def test_events_of_a_job_end_with_its_final_state(installation: Installation, api: Api) -> None:
    job_id = installation.run_script(MAKE_JOB).strip()
    connection = api.connect(20)
    connection.request("GET", f"/api/v1/jobs/{job_id}/events", headers=api.headers())
    response = connection.getresponse()
    first = read_event(response)

    assert api.call("POST", f"/api/v1/jobs/{job_id}/cancel/").status == 200

    second = read_event(response)
    assert response.headers["Content-Type"] == "text/event-stream"
    assert (first["data"]["state"], second["data"]["state"]) == ("waiting", "cancelled")
    assert int(second["id"]) > int(first["id"])
    assert response.read() == b""
    connection.close()


def test_events_that_were_seen_are_not_told_again(installation: Installation, api: Api) -> None:
    job_id = installation.run_script(MAKE_JOB).strip()
    seen = api.call("GET", f"/api/v1/jobs/{job_id}/").body["version"]
    api.call("POST", f"/api/v1/jobs/{job_id}/cancel/")
    last = api.call("GET", f"/api/v1/jobs/{job_id}/").body["version"]

    later = api.call("GET", f"/api/v1/jobs/{job_id}/events/", Last_Event_ID=str(seen))
    nothing = api.call("GET", f"/api/v1/jobs/{job_id}/events/", Last_Event_ID=str(last))

    assert later.content.count(b"event: job") == 1
    assert nothing.content == b""


def test_events_of_nothing_are_404(api: Api) -> None:
    assert api.call("GET", f"/api/v1/jobs/{UUID(int=1)}/events/").body["code"] == "not_found"


def test_wish_to_wait_ends_when_its_time_is_over(installation: Installation, api: Api) -> None:
    job_id = installation.run_script(MAKE_JOB).strip()

    answer = api.call("POST", f"/api/v1/jobs/{job_id}/rerun/", Prefer="wait=1")

    assert (answer.status, answer.body["status"]) == (202, "PENDING")
    assert answer.headers["preference-applied"] == "wait=1"


def test_wish_to_wait_is_granted_when_the_job_ends_in_time(make_installation: MakeInstallation) -> None:
    nightdesk = make_installation(extra_tasks=[KINDS])
    worker = nightdesk.worker(pool="threads")
    api = Api.start(nightdesk)
    job_id = nightdesk.run_script(MAKE_JOB).strip()
    worker.wait_ready()

    answer = api.call("POST", f"/api/v1/jobs/{job_id}/rerun/", {"arguments": {"word": "ho"}}, Prefer="wait=20")

    assert (answer.status, answer.body["status"]) == (200, "SUCCESS")
    result = api.call("GET", f"/api/v1/jobs/{answer.body['task_id']}/result/").body
    assert result["result"] == {"word": "ho"}


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_same_key_at_once_makes_one_campaign_over_two_processes(
    make_installation: MakeInstallation, database: str
) -> None:
    nightdesk = make_installation(database=database)
    first = Api.start(nightdesk)
    second = Api(nightdesk.web().wait_ready(), first.secret)
    gate = threading.Barrier(8)
    answers: list[Answer] = []

    def ask(api: Api) -> None:
        gate.wait()
        answers.append(api.call("POST", "/api/campaigns/", CAMPAIGN, Idempotency_Key="spring-1"))

    threads = [threading.Thread(target=ask, args=(api,)) for api in (first, second) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    statuses = Counter(answer.status for answer in answers)
    made = [answer for answer in answers if answer.status == 201 and "idempotency-replayed" not in answer.headers]
    assert statuses.keys() <= {201, 409}
    assert len(made) == 1
    assert {answer.content for answer in answers if answer.status == 201} == {made[0].content}
    assert {answer.body["code"] for answer in answers if answer.status == 409} <= {"idempotency_in_flight"}
    assert nightdesk.sql("SELECT count(*) FROM campaigns_campaign") == [(1,)]
    assert nightdesk.sql("SELECT count(*) FROM engine_job") == [(1,)]
    again = second.call("POST", "/api/campaigns/", CAMPAIGN, Idempotency_Key="spring-1")
    assert (again.status, again.headers["idempotency-replayed"], again.content) == (201, "true", made[0].content)


def test_database_that_is_away_is_503_and_not_ready(
    make_installation: MakeInstallation, private_postgres: Postgres
) -> None:
    nightdesk = make_installation(database="postgres", postgres=private_postgres)
    api = Api.start(nightdesk)

    private_postgres.kill9()

    refused = api.call("POST", "/api/campaigns/", CAMPAIGN)
    ready, alive = api.call("GET", "/readyz"), api.call("GET", "/healthz")
    assert (refused.status, refused.body["code"], refused.headers["retry-after"]) == (503, "database_away", "5")
    assert (ready.status, ready.body["ready"], alive.status) == (503, False, 200)
    private_postgres.start()
    wait_until(lambda: api.call("POST", "/api/campaigns/", CAMPAIGN).status == 201, 20, "campaigns are made again")


def read_event(response: http.client.HTTPResponse) -> dict[str, Any]:
    """Read one event of a stream."""
    fields: dict[str, Any] = {}
    while line := response.readline().decode().strip():
        name, _, value = line.partition(": ")
        fields[name] = json.loads(value) if name == "data" else value
    return fields
