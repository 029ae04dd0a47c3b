"""A post office from outside: an installation that sends to a mail server of the test's, and workers that are killed."""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from tests.support.nightdesk import Installation, MakeInstallation, Worker
from tests.support.processes import wait_until
from tests.support.smtp import SmtpSink

#: A worker that died is missed after the lease of 15 s; the rest is for a machine that is busy with other tests.
PATIENCE_S: Final = 90.0
TEMPLATES: Final = {"security": "password_reset", "notice": "notification", "bulk": "newsletter"}

_SEND: Final = """
import json, sys
from nightdesk.mail.tasks import send_notification_email
for recipient, template in json.loads(sys.argv[1]):
    context = {"message": "Done.", "content": "News.", "reset_url": "https://studio.example/r/1"}
    send_notification_email.delay(recipient, "Hello", template, context)
"""
_SEND_BULK: Final = """
import sys
from nightdesk.mail.tasks import send_bulk_notification_emails
people = [f"reader{number}@example.org" for number in range(int(sys.argv[1]))]
print(send_bulk_notification_emails.delay(people, "News", "newsletter", {"content": "News."}).id)
"""
_UNFINISHED: Final = "SELECT count(*) FROM mail_outboxmail WHERE state IN ('queued', 'sending')"


class PostOffice:
    """An installation with a mail server. Which mails ended how, and what the server really kept."""

    def __init__(self, nightdesk: Installation, sink: SmtpSink) -> None:
        self.nightdesk, self.sink = nightdesk, sink

    def send(self, mails: Sequence[tuple[str, str]]) -> None:
        """Ask for one mail to each recipient, of a category each."""
        self.nightdesk.run_script(_SEND, json.dumps([(to, TEMPLATES[category]) for to, category in mails]))

    def send_bulk(self, count: int) -> None:
        """Ask for one mailing to so many."""
        self.nightdesk.run_script(_SEND_BULK, str(count))

    def start(self, name: str, *, pool: str = "prefork", slots: int = 2) -> Worker:
        """Start a worker."""
        return self.nightdesk.worker(name, pool=pool, concurrency=slots)

    def kill_children_at_work(self, worker: Worker, kinds: str, *, holding: Sequence[str] = ()) -> None:
        """SIGKILL the prefork children of a worker that run jobs of these kinds; with `holding`, that send to these."""
        ours = {child.pid for child in worker.children()}
        query = f"SELECT DISTINCT j.pid FROM engine_job j WHERE j.state = 'running' AND j.kind LIKE '{kinds}'"
        if holding:
            people = ", ".join(f"'{one}'" for one in holding)
            query += (
                " AND j.id IN (SELECT task_id FROM mail_outboxmail WHERE state = 'sending' "
                f"AND recipient IN ({people}))"
            )
        pids = [pid for (pid,) in self.nightdesk.sql(query) if pid in ours]
        assert pids
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def wait_final(self, count: int) -> None:
        """Wait until all of so many mails have ended, and all jobs."""
        wait_until(
            lambda: self._count(_UNFINISHED) == 0 and self._count("SELECT count(*) FROM mail_outboxmail") == count,
            PATIENCE_S,
            lambda: f"{count} mails have ended: {self.states()}",
        )
        wait_until(
            lambda: not {"waiting", "running", "waiting_children"} & self.nightdesk.states().keys(),
            PATIENCE_S,
            lambda: f"all jobs have ended: {self.nightdesk.states()}",
        )

    def states(self) -> dict[str, int]:
        """Count the mails by state."""
        return dict(self.nightdesk.sql("SELECT state, count(*) FROM mail_outboxmail GROUP BY state"))

    def told(self) -> dict[str, str]:
        """Return the state of each mail by its recipient."""
        return dict(self.nightdesk.sql("SELECT recipient, state FROM mail_outboxmail"))

    def copies(self) -> Counter[str]:
        """Count what the server kept, by recipient."""
        return Counter(self.sink.recipients)

    def _count(self, query: str) -> int:
        return int(self.nightdesk.sql(query)[0][0])


@contextmanager
def open_post_office(make_installation: MakeInstallation, **arguments: object) -> Iterator[PostOffice]:
    """Make an installation that sends to a private mail server."""
    with SmtpSink() as sink:
        settings = {
            "NIGHTDESK_SMTP_HOST": sink.host,
            "NIGHTDESK_SMTP_PORT": str(sink.port),
            "NIGHTDESK_SMTP_SECURITY": "none",
            "NIGHTDESK_MAIL_FROM": "Studio <desk@studio.example>",
        }
        yield PostOffice(make_installation(settings=settings, **arguments), sink)
