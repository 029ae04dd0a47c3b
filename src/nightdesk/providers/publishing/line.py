"""One run's line to a server that an account names: requests that end when they should, and what is known afterwards.

The library's exceptions hold the request, and with it the key. So they are read here and dropped: no error of ours has
one of them as cause or context. Nothing that a server wrote is shown either: it could hold the key, too.
"""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

from nightdesk.core.errors import NightdeskError, OperationalFault, OutcomeUnknown, Permanent, Throttled, Transient
from nightdesk.providers.fetching.addresses import BlockedAddress, resolve, resolve_public
from nightdesk.providers.publishing.options import PRIVATE_HOSTS_SETTING, PublishingOptions
from nightdesk.providers.publishing.protocol import AccountRefused, Desk
from nightdesk.providers.wire.retrying import read_retry_after
from nightdesk.providers.wire.transport import WatchedTransport
from nightdesk.providers.wire.watch import TICK_S, Flooded, OutOfTime, Watch

USER_AGENT: Final = "Nightdesk"
_CONNECT_S: Final = 5.0
_MOST_BYTES: Final = 8 * 1024 * 1024
#: A server that wants to be left alone for so long is waited for in the run; longer, and the run ends and comes back.
_PATIENCE_S: Final = 6.0
_MOST_WAITS: Final = 8
#: One that asks for no pause at all, and refuses again, is not asked in a tight circle.
_LEAST_PAUSE_S: Final = 0.05
#: From here on the server may have read some of the request; until here nothing of it can have been acted upon.
_SENDING: Final = "http11.send_request_headers.started"
_HEAD_SENT: Final = "http11.send_request_headers.complete"
_PORTS: Final = {"http": 80, "https": 443}


ReadPause = Callable[["Answer"], float | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its status, its headers with names in small letters, and its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def read_json(self) -> Any:
        """Read the body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def read_object(self) -> dict[str, Any]:
        """Read the body as a JSON object; an empty one where it is none."""
        found = self.read_json()
        return found if isinstance(found, dict) else {}


class Refused(Permanent):
    """The server refused a request: nothing happened. `status` and `answer` are for the adapter to look at, not to show."""

    def __init__(self, public_message: str, *, answer: Answer) -> None:
        """Keep the answer for whoever asked."""
        super().__init__(public_message)
        self.answer = answer

    @property
    def http_status(self) -> int:
        """The HTTP status."""
        return self.answer.status


class Line:
    """Asks one server on behalf of one run.

    `name` is the platform for people. `base_url` comes from an account: it must be public unless the operator lists its
    host. `makes` of a request: whether it does something there, so that a lost answer leaves its outcome open.
    `read_pause`: for platforms whose 429 says in its body how long to wait, in seconds; None where it does not.
    """

    def __init__(
        self,
        *,
        name: str,
        base_url: str,
        desk: Desk,
        options: PublishingOptions,
        headers: Mapping[str, str] | None = None,
        read_pause: ReadPause | None = None,
    ) -> None:
        """Connect to nothing yet.

        Raises:
            Permanent: the address cannot be read.
        """
        self.name = name
        self._desk = desk
        self._options = options
        self._headers = {"User-Agent": USER_AGENT, "Accept": "application/json", **(headers or {})}
        self._read_pause = read_pause
        self._base = _read_address(base_url, name)

    def get(self, path: str, **given: Any) -> Answer:
        """Ask for something; see `ask`."""
        return self.ask("GET", path, **given)

    def ask(
        self,
        method: str,
        path: str,
        *,
        makes: bool = False,
        is_repeatable: bool = False,
        timeout_s: float | None = None,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> Answer:
        """Make one request and return its answer, which is a success. `body`: json, data, files, content or params.

        `path` is joined to the account's address as it stands. Where the server asks for a short pause (429), it is
        waited for here. `is_repeatable`: it makes something and may be made again, so a lost answer is `Transient`.

        Raises:
            OutcomeUnknown: it `makes` something, was sent, and no whole answer came back (or a 5xx).
            Refused: 4xx. AccountRefused: 401. Throttled: 429, for longer. Transient: nothing happened, try later.
            Permanent: the request cannot even be written. BlockedAddress: it leads into a private network that the
                operator does not list.
        """
        url = self._join(path)
        is_open = makes and not is_repeatable
        waits_left = _MOST_WAITS
        while True:
            outcome = self._ask_once(method, url, is_open=is_open, timeout_s=timeout_s, headers=headers, body=body)
            if isinstance(outcome, Answer):
                return outcome
            pause_s = self._find_pause_s(outcome)
            if pause_s is None or not waits_left:
                raise outcome
            self.wait(pause_s)
            waits_left -= 1

    def make_unclear(self) -> OutcomeUnknown:
        """Return what to raise where a request that makes something was answered with what nobody can read."""
        return OutcomeUnknown(f"{self.name} did not answer properly, so it is not known whether the post went out.")

    def _join(self, path: str) -> str:
        if not path:
            return self._base
        if any(sign in self._base for sign in "?#"):
            raise Permanent(f"The address of {self.name} must end with its path. Correct it in the account.")
        return self._base.rstrip("/") + path

    # ---------------------------------------------------------------- one exchange

    def _ask_once(
        self,
        method: str,
        url: str,
        *,
        is_open: bool,
        timeout_s: float | None,
        headers: Mapping[str, str] | None,
        body: Mapping[str, Any],
    ) -> Answer | OperationalFault:
        """Return what came of it. Faults are returned: raised from an `except` they would hold the library's error."""
        watch = Watch(limit_s=self._find_limit_s(timeout_s), on_tick=self._desk.check, most_bytes=_MOST_BYTES)
        seen: set[str] = set()
        try:
            answer = self._exchange(watch, method, url, headers=headers, body=body, seen=seen)
        except NightdeskError:
            raise
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OutOfTime, Flooded) as error:
            if error is watch.raised:
                raise
            # The library refuses to write a head that breaks the protocol, as with a line break in a key.
            is_ours = isinstance(error, httpx2.LocalProtocolError) and _HEAD_SENT not in seen
            is_lasting = is_ours or not isinstance(error, (httpx2.TransportError, OutOfTime))
            return self._explain_loss(is_sent=_SENDING in seen and not is_ours, is_lasting=is_lasting, is_open=is_open)
        if 200 <= answer.status < 300:
            return answer
        return self._explain_answer(answer, is_open=is_open)

    def _find_limit_s(self, timeout_s: float | None) -> float:
        wanted_s = self._options.timeout_s if timeout_s is None else timeout_s
        left_s = self._desk.time_left_s()
        return wanted_s if left_s is None else min(wanted_s, max(1.0, left_s))

    def _exchange(
        self,
        watch: Watch,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None,
        body: Mapping[str, Any],
        seen: set[str],
    ) -> Answer:
        client = httpx2.Client(
            transport=WatchedTransport(watch, resolve=self._resolve),
            timeout=httpx2.Timeout(max(0.001, watch.limit_s), connect=_CONNECT_S),
            trust_env=False,
            follow_redirects=False,
        )
        # Compressed, a small answer could become a large one.
        sent = {**self._headers, "Accept-Encoding": "identity", **(headers or {})}
        trace = {"trace": lambda event, _info: seen.add(event)}
        with client, client.stream(method, url, headers=sent, extensions=trace, **body) as response:
            if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
                raise ValueError("compressed")
            given = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, given, b"".join(response.iter_raw()))

    def _resolve(self, host: str, port: int, limit_s: float) -> list[str]:
        listed = {host.lower(), f"{host.lower()}:{port}"} & self._options.private_hosts
        try:
            return (resolve if listed else resolve_public)(host, port, timeout_s=limit_s)
        except BlockedAddress:
            raise BlockedAddress(
                f"{host} is not on the public internet, so nothing is sent there. If it is yours, an operator can list it "
                f"in {PRIVATE_HOSTS_SETTING}."
            ) from None

    # ---------------------------------------------------------------- what is known afterwards

    def _explain_loss(self, *, is_sent: bool, is_lasting: bool = False, is_open: bool) -> OperationalFault:
        if is_sent:
            if is_open:
                return OutcomeUnknown(f"{self.name} did not answer, so it is not known whether the post went out.")
            return Transient(f"{self.name} did not answer properly. It will be tried again.")
        if is_lasting:
            return Permanent(
                f"{self.name} cannot be asked with this address and these credentials: they hold signs that no request can "
                "carry. Correct them in the account."
            )
        return Transient(f"{self.name} cannot be reached. It will be tried again.")

    def _explain_answer(self, answer: Answer, *, is_open: bool) -> OperationalFault:
        status = answer.status
        if status == 429:
            wait_s = self._read_wait_s(answer)
            when = "later" if wait_s is None else f"in {math.ceil(wait_s)} s"
            return Throttled(f"{self.name} asks for a pause. It will be tried again {when}.", retry_after_s=wait_s)
        if status >= 500:
            return self._explain_loss(is_sent=True, is_open=is_open)
        if status in (408, 425):
            return Transient(f"{self.name} could not take it just now (HTTP {status}). It will be tried again.")
        if status == 401:
            return AccountRefused(f"{self.name} does not accept this account's credentials. Reconnect the account.")
        if 300 <= status < 400:
            return Refused(
                f"{self.name} sends its readers elsewhere (HTTP {status}). Check the account's address.", answer=answer
            )
        return Refused(f"{self.name} refused this (HTTP {status}). Check the post and the account.", answer=answer)

    # ---------------------------------------------------------------- pauses

    def _read_wait_s(self, answer: Answer) -> float | None:
        said_s = [read_retry_after(answer.headers)]
        if self._read_pause is not None:
            said_s.append(self._read_pause(answer))
        # The longer one: a server that says two things means at least one of them.
        return max((one for one in said_s if one is not None), default=None)

    def _find_pause_s(self, fault: OperationalFault) -> float | None:
        """Return how long to wait before the same request again; None: that is not for this run."""
        if not isinstance(fault, Throttled) or fault.retry_after_s is None:
            return None
        left_s = self._desk.time_left_s()
        most_s = _PATIENCE_S if left_s is None else min(_PATIENCE_S, left_s)
        return max(_LEAST_PAUSE_S, fault.retry_after_s) if fault.retry_after_s <= most_s else None

    def wait(self, seconds: float) -> None:
        """Wait so long, unless the run is to stop."""
        ends_at = time.monotonic() + seconds
        while (left_s := ends_at - time.monotonic()) > 0:
            self._desk.check()
            time.sleep(min(TICK_S, left_s))


def _read_address(base_url: str, name: str) -> str:
    try:
        url = httpx2.URL(base_url)
    except (httpx2.InvalidURL, ValueError, TypeError):
        url = httpx2.URL("")
    if url.scheme not in _PORTS or not url.host or url.userinfo:
        raise Permanent(f"The address of {name} must look like https://example.com. Correct it in the account.")
    return str(base_url)
