"""Letters through a mail service, each by one HTTP request."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from typing import Any, Final

from nightdesk.core.errors import OperationalFault, Permanent
from nightdesk.providers.mail.addresses import write_address
from nightdesk.providers.mail.options import MailOptions
from nightdesk.providers.mail.protocol import Letter, Receipt
from nightdesk.providers.mail.service.answers import Explainer
from nightdesk.providers.mail.service.letters import key_headers, make_backend, write_message
from nightdesk.providers.wire.watch import TICK_S

#: After a cancel, an answer that is on its way is still heard: better than not to know.
_GRACE_S: Final = 0.5
#: A service that answers byte by byte is given up after so many times the wait for one answer.
_MOST_WAITS: Final = 2
#: Services whose memory of a key is longer than any retry of ours.
_IDEMPOTENT: Final = frozenset({"resend"})


class Anymail:
    """Sends through the service that the settings name. Sessions are used again, each by one thread at a time."""

    name = "anymail"

    def __init__(self, options: MailOptions) -> None:
        """Connect to nothing yet.

        Raises:
            Misconfigured: the extra is not installed, there is no such service, or an option of it is missing.
        """
        self.is_idempotent = options.service in _IDEMPOTENT
        self._options = options
        self._explainer = Explainer(options)
        self._idle = [make_backend(options)]
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def send(self, letter: Letter, *, check: Callable[[], None]) -> Receipt:
        """Send one letter; see `Sender.send`."""
        write_address(letter.recipient)  # the library would read two out of one
        check()
        message = write_message(letter, service=self._options.service)
        outcome = self._await(self._start(message, letter), check)
        if isinstance(outcome, Receipt):
            return outcome
        # Raised here: from an `except` it would hold the library's error, and with it the request and its key.
        raise outcome

    def close(self) -> None:
        """Close the sessions that are open. Safe to repeat."""
        with self._lock:
            idle, self._idle = self._idle, []
        for backend in idle:
            backend.close()

    def _start(self, message: Any, letter: Letter) -> "Future[Receipt | OperationalFault]":
        """Make the request in a thread of its own: it cannot be interrupted, so it is left behind where we must stop."""
        answer: Future[Receipt | OperationalFault] = Future()

        def work() -> None:
            try:
                answer.set_result(self._send(message, letter))
            except BaseException as error:  # noqa: BLE001 (raised again in the thread that waits)
                answer.set_exception(error)

        threading.Thread(target=work, name="mail-service", daemon=True).start()
        return answer

    def _send(self, message: Any, letter: Letter) -> Receipt | OperationalFault:
        backend = self._take()
        try:
            backend.open()
            session = getattr(backend, "session", None)
            if session is not None:
                session.trust_env = False  # a .netrc would replace the key
                session.headers.update(key_headers(letter, service=self._options.service))
            sent = backend.send_messages([message])
        except Exception as error:
            backend.close()
            fault = self._explainer.explain(error)
            if fault is None:
                raise
            return fault
        self._give(backend)
        if not sent:
            return Permanent(f"{self._options.service} was given nothing to send.")
        return Receipt(provider_id=_read_id(message))

    def _await(
        self, answer: "Future[Receipt | OperationalFault]", check: Callable[[], None]
    ) -> Receipt | OperationalFault:
        ends_at = time.monotonic() + _MOST_WAITS * self._options.timeout_s
        is_stopped = False
        while True:
            try:
                return answer.result(TICK_S)
            except NotYet:
                pass
            if time.monotonic() > ends_at:
                return self._explainer.lose()
            if not is_stopped and _must_stop(check):
                is_stopped = True
                ends_at = min(ends_at, time.monotonic() + _GRACE_S)

    def _take(self) -> Any:
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._idle = os.getpid(), []  # a fork's sessions are its parent's
            if self._idle:
                return self._idle.pop()
        return make_backend(self._options)

    def _give(self, backend: Any) -> None:
        with self._lock:
            if len(self._idle) < self._options.connections:
                self._idle.append(backend)
                return
        backend.close()


def _must_stop(check: Callable[[], None]) -> bool:
    try:
        check()
    except BaseException:  # noqa: BLE001 (the letter may be on its way: whoever asked hears of that first)
        return True
    return False


def _read_id(message: Any) -> str:
    found = message.anymail_status.message_id
    return found[:200] if isinstance(found, str) else ""
