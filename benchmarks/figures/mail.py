"""How soon a mailing is out: through the whole product, beside Django's SMTP backend with a connection for each mail."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from benchmarks.lab import Lab, open_lab
from benchmarks.mail_sink import PASSWORD, USER, MailSink
from benchmarks.scale import Scale
from benchmarks.table import Figure
from tests.support.certificates import make_certificate
from tests.support.environment import complete_environment
from tests.support.nightdesk import Broker, Database
from tests.support.processes import make_folder, remove_folder

WANTED_RATIO: Final = 3.0
#: As many as one call takes.
A_CALL: Final = 5_000
SLOTS: Final = 4
LIMIT_S: Final = 600.0
STACKS: Final[tuple[tuple[Database, Broker], ...]] = (("postgres", "redis"), ("sqlite", "files"))
SERVERS: Final = {"aiosmtpd": "aiosmtpd", "bare": "a server whose connections cost it nothing"}
#: The peer is given the better of these.
PEER_THREADS: Final = (1, SLOTS)
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


def measure(scale: Scale) -> Iterator[Figure]:
    """Send on both databases in the clear, then encrypted and signed in, then to a server that costs nothing."""
    folder = make_folder("mailing")
    try:
        for database, broker in STACKS:
            yield _compare(database, broker, scale, folder, kind="aiosmtpd")
        yield _compare("postgres", "redis", scale, folder, kind="bare", certificate=make_certificate(folder))
        yield _compare("postgres", "redis", scale, folder, kind="bare")
    finally:
        remove_folder(folder)


def _compare(
    database: Database, broker: Broker, scale: Scale, folder: Path, *, kind: str, certificate: Path | None = None
) -> Figure:
    with ExitStack() as stack:
        sink = stack.enter_context(MailSink(folder, kind, certificate))
        lab = stack.enter_context(open_lab(database, broker, settings=_settings(sink)))
        rate = scale.mails / _send(lab, scale.mails)
        came = sink.tell()
        ends = ", ".join(f"{count} {state}" for state, count in lab.sql(_ENDS))
    with MailSink(folder, kind, certificate) as sink:
        peers = {threads: _send_by_peer(sink, scale.peer_mails, threads, came["first"]) for threads in PEER_THREADS}
    best = max(peers, key=lambda threads: peers[threads])
    how = f"to {SERVERS[kind]}, {'TLS and a sign-in' if certificate else 'no TLS'}"
    # Where a connection costs nothing there is nothing to gain by keeping it: what is left is what the product costs.
    has_reach = kind == "aiosmtpd" or certificate is not None
    is_whole = came["mails"] == came["ids"] == scale.mails
    return Figure(
        what=f"{scale.mails} mails by send_bulk_notification_emails, {how}, {database} + {broker}, one worker with {SLOTS} "
        "threads",
        reach=f"{WANTED_RATIO:g} times Django's backend with a connection for each mail; none twice, none missing"
        if has_reach
        else "none twice, none missing",
        ours=f"{rate:.0f}/s; {ends}; {came['ids']} came, {came['mails'] - came['ids']} of them twice, over "
        f"{came['connections']} connections",
        peers=f"{peers[best]:.0f}/s with {best} threads, without database and templates",
        ratio=f"{rate / peers[best]:.1f}",
        met=is_whole and (rate / peers[best] >= WANTED_RATIO or not has_reach),
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
    secret = {"NIGHTDESK_SMTP_SECURITY": "tls", "NIGHTDESK_SMTP_USER": USER, "NIGHTDESK_SMTP_PASSWORD": PASSWORD}
    return {**given, **secret, "SSL_CERT_FILE": str(sink.certificate)}


def _send(lab: Lab, count: int) -> float:
    """Ask for the mailings while a worker is ready, and return how long it took from the first call to the last end."""
    lab.worker("a", pool="threads", concurrency=SLOTS).wait_ready()
    code = _SUBMIT.replace("{context}", repr(_CONTEXT))
    for first in range(0, count, A_CALL):
        lab.run_script(code, str(first), str(min(count, first + A_CALL)))
    lab.wait_all_done(LIMIT_S)
    return max(lab.read_times("finished_at")) - min(lab.read_times("created_at"))


def _send_by_peer(sink: MailSink, count: int, threads: int, mail: str) -> float:
    security = "tls" if sink.certificate else "none"
    given: dict[str, Any] = {"SSL_CERT_FILE": str(sink.certificate)} if sink.certificate else {}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peer.mailing", str(sink.port), str(count), str(threads), security],
        input=mail,
        env=complete_environment(given),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the peer ended with status {done.returncode}:\n{done.stderr}")
    return float(done.stdout)
