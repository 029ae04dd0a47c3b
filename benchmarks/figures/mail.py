"""How soon a mailing is out: the whole product beside a loop over Django's backend and beside tasks that call it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.lab import Lab, open_lab
from benchmarks.mail_sink import PASSWORD, USER, MailSink
from benchmarks.numbers import steady_rate
from benchmarks.peers import REUSING, WorkerSet, open_peer
from benchmarks.scale import Scale
from benchmarks.table import Figure
from tests.support.certificates import make_certificate
from tests.support.environment import complete_environment
from tests.support.nightdesk import Broker, Database
from tests.support.postgres import Postgres
from tests.support.processes import make_folder, remove_folder
from tests.support.redis import Redis

WANTED_RATIO: Final = 3.0
#: As many as one call takes.
A_CALL: Final = 5_000
SLOTS: Final = 4
LIMIT_S: Final = 600.0
#: What two cores bear; four threads of one process sent a sixth less on PostgreSQL in a short trial.
OUR_WORKERS: Final = WorkerSet("prefork", 4)
PEER_SETS: Final = (WorkerSet("threads", SLOTS), WorkerSet("prefork", 2))
_ENDS: Final = "SELECT state, count(*) FROM mail_outboxmail GROUP BY state ORDER BY state"
_SUBMIT: Final = """
import sys
from nightdesk.mail.tasks import send_bulk_notification_emails
first, last = int(sys.argv[1]), int(sys.argv[2])
send_bulk_notification_emails.delay(
    recipient_emails=[f"reader{number}@example.net" for number in range(first, last)],
    subject="Boats at dawn",
    template_name="newsletter",
    context={context},
)
"""
_CONTEXT: Final = {"heading": "Boats at dawn", "content": "We went out early. The harbour slept.\n\n" * 10}


@dataclass(frozen=True)
class Way:
    """How the server is spoken to."""

    certificate: Path | None = None

    def __str__(self) -> str:
        return "STARTTLS and a sign-in" if self.certificate else "no TLS"


@dataclass(frozen=True)
class Mailing:
    """What became of a mailing. `mail` is the first of it, as it came."""

    per_s: float
    told: str
    is_whole: bool
    mail: str
    workers: str


def measure(scale: Scale) -> Iterator[Figure]:
    """Send in the clear and encrypted, on both databases; then beside tasks, and our sender alone."""
    folder = make_folder("mailing")
    try:
        ways = (Way(), Way(make_certificate(folder)))
        for way in ways:
            mailing = _mail_all("postgres", "redis", way, OUR_WORKERS, scale, folder)
            embedded = _mail_all("sqlite", "files", way, OUR_WORKERS, scale, folder)
            bare = _loop_best("django", way, mailing.mail, scale, folder)
            yield _whole(mailing, "postgres + redis", way, scale, bare)
            yield _whole(embedded, "sqlite + files", way, scale, bare)
            if way.certificate is None:
                yield _beside_tasks(mailing, way, scale, folder)
            yield _alone(way, mailing.mail, scale, folder, bare)
    finally:
        remove_folder(folder)


def _whole(mailing: Mailing, stack: str, way: Way, scale: Scale, bare: float) -> Figure:
    """Compare all that the product does with a loop that only sends."""
    ratio = mailing.per_s / bare
    return Figure(
        what=f"{scale.mails} mails by send_bulk_notification_emails, {way}, {stack}, one worker, {mailing.workers}",
        reach=f"{WANTED_RATIO:g} times a connection for each mail; none twice, none missing",
        ours=mailing.told,
        peers=f"{bare:.0f}/s: a bare loop over Django's SMTP backend, no rows, no templates",
        ratio=f"{ratio:.1f}",
        met=mailing.is_whole and ratio >= WANTED_RATIO,
    )


def _beside_tasks(mailing: Mailing, way: Way, scale: Scale, folder: Path) -> Figure:
    """Compare the product with how it is usually built: a task for each mail, which makes a connection."""
    with Postgres() as postgres, Redis() as redis:
        peer = max(_mail_by_tasks(way, one, mailing.mail, scale, folder, postgres, redis) for one in PEER_SETS)
    ratio = mailing.per_s / peer
    return Figure(
        what=f"the same, {way}, postgres + redis, beside tasks",
        reach=f"{WANTED_RATIO:g} times a Celery task with a connection for each mail",
        ours=f"{mailing.per_s:.0f}/s",
        peers=f"{peer:.0f}/s: Django + django-celery-results, one mail a task, already written",
        ratio=f"{ratio:.1f}",
        met=mailing.is_whole and ratio >= WANTED_RATIO,
    )


def _alone(way: Way, mail: str, scale: Scale, folder: Path, bare: float) -> Figure:
    """Compare the senders alone: the same mail, no database, no template."""
    ours = _loop_best("ours", way, mail, scale, folder)
    return Figure(
        what=f"the sender alone, {scale.mail_loops} mails, {way}",
        reach=f"{WANTED_RATIO:g} times a connection for each mail",
        ours=f"{ours:.0f}/s",
        peers=f"{bare:.0f}/s: Django's SMTP backend",
        ratio=f"{ours / bare:.1f}",
        met=ours / bare >= WANTED_RATIO,
    )


def _loop_best(what: str, way: Way, mail: str, scale: Scale, folder: Path) -> float:
    """Return the better of one thread and several."""
    return max(_loop(what, way, threads, mail, scale.mail_loops, folder) for threads in (1, SLOTS))


def _mail_all(database: Database, broker: Broker, way: Way, workers: WorkerSet, scale: Scale, folder: Path) -> Mailing:
    """Send through the whole product: from the first call to the last end, with rows, templates and commits."""
    with ExitStack() as stack:
        sink = stack.enter_context(MailSink(folder, way.certificate))
        lab = stack.enter_context(open_lab(database, broker, settings=_settings(sink)))
        per_s = scale.mails / _send(lab, workers, scale.mails)
        came = sink.tell()
        ends = ", ".join(f"{count} {state}" for state, count in lab.sql(_ENDS))
    told = f"{per_s:.0f}/s; {ends}; {came['ids']} came over {came['connections']} connections"
    return Mailing(
        per_s=per_s,
        told=f"{told}, {came['mails'] - came['ids']} of them twice",
        is_whole=came["mails"] == came["ids"] == scale.mails,
        mail=came["first"],
        workers=str(workers),
    )


def _settings(sink: MailSink) -> dict[str, str]:
    given = {
        "NIGHTDESK_SMTP_HOST": "127.0.0.1",
        "NIGHTDESK_SMTP_PORT": str(sink.port),
        "NIGHTDESK_SMTP_SECURITY": "none",
        "NIGHTDESK_SMTP_CONNECTIONS": str(SLOTS),
    }
    if sink.certificate is None:
        return given
    secret = {"NIGHTDESK_SMTP_SECURITY": "starttls", "NIGHTDESK_SMTP_USER": USER, "NIGHTDESK_SMTP_PASSWORD": PASSWORD}
    return {**given, **secret, "SSL_CERT_FILE": str(sink.certificate)}


def _send(lab: Lab, workers: WorkerSet, count: int) -> float:
    lab.worker("a", pool=workers.pool, concurrency=workers.slots).wait_ready()
    code = _SUBMIT.replace("{context}", repr(_CONTEXT))
    for first in range(0, count, A_CALL):
        lab.run_script(code, str(first), str(min(count, first + A_CALL)))
    lab.wait_all_done(LIMIT_S)
    return max(lab.read_times("finished_at")) - min(lab.read_times("created_at"))


def _mail_by_tasks(
    way: Way, workers: WorkerSet, mail: str, scale: Scale, folder: Path, postgres: Postgres, redis: Redis
) -> float:
    """Drain the peer's tasks, which are all there before its worker starts; return how many end a second."""
    (folder / "mail.eml").write_text(mail)
    with MailSink(folder, way.certificate) as sink:
        settings = {"PEER_SMTP_PORT": str(sink.port), "PEER_MAIL": str(folder / "mail.eml")}
        with open_peer(REUSING, postgres, redis, settings) as peer:
            peer.submit("mail", scale.peer_mails)
            peer.start_worker(workers)
            return steady_rate(peer.wait_finished(scale.peer_mails, LIMIT_S))


def _loop(what: str, way: Way, threads: int, mail: str, count: int, folder: Path) -> float:
    security = "starttls" if way.certificate else "none"
    given: dict[str, Any] = {"SSL_CERT_FILE": str(way.certificate)} if way.certificate else {}
    with MailSink(folder, way.certificate) as sink:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.peer.mailing", what, str(sink.port), str(count), str(threads), security],
            input=mail,
            env=complete_environment(given),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{what} ended with status {done.returncode}:\n{done.stderr}")
    return float(done.stdout)
