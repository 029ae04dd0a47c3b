"""One run's line to a server that an account names: requests that end when they should, and what is known afterwards.

The library's exceptions hold the request, and with it the key. So they are read here and dropped: no error of ours has
one of them as cause or context. Nothing that a server wrote is shown either: it could hold the key, too.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is a success: its status, its headers with names in small letters, and its body."""

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
    """

    def __init__(
        self,
        *,
        name: str,
        base_url: str,
        desk: Desk,
        options: PublishingOptions,
        headers: Mapping[str, str] | None = None,
        read_pause: Callable[[Mapping[str, str]], float | None] = read_retry_after,
    ) -> None:
        """Connect to nothing yet. `read_pause`: for how many seconds a 429 wants us away, by its headers.

        Raises:
            Permanent: the address cannot be read.
        """
        self.name = name
        self._desk = desk
        self._options = options
        self._read_pause = read_pause
        self._headers = {"User-Agent": USER_AGENT, "Accept": "application/json", **(headers or {})}
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
            BlockedAddress: it leads into a private network that the operator does not list.
        """
        is_open = makes and not is_repeatable
        for _ in range(_MOST_WAITS):
            try:
                return self._ask_once(method, path, is_open=is_open, timeout_s=timeout_s, headers=headers, body=body)
            except Throttled as pause:
                if pause.retry_after_s is None or pause.retry_after_s > _PATIENCE_S:
                    raise
                self.wait(pause.retry_after_s)
        return self._ask_once(method, path, is_open=is_open, timeout_s=timeout_s, headers=headers, body=body)

    def _ask_once(
        self,
        method: str,
        path: str,
        *,
        is_open: bool,
        timeout_s: float | None,
        headers: Mapping[str, str] | None,
        body: Mapping[str, Any],
    ) -> Answer:
        limit_s = self._find_limit_s(timeout_s)
        watch = Watch(limit_s=limit_s, on_tick=self._desk.check, most_bytes=_MOST_BYTES)
        with self._plain_errors(watch, is_open=is_open):
            answer = self._exchange(watch, method, path, headers=headers, body=body)
        if 200 <= answer.status < 300:
            return answer
        raise self._explain_answer(answer, is_open=is_open)

    def _find_limit_s(self, timeout_s: float | None) -> float:
        wanted_s = self._options.timeout_s if timeout_s is None else timeout_s
        left_s = self._desk.time_left_s()
        return wanted_s if left_s is None else min(wanted_s, max(1.0, left_s))

    def _exchange(
        self, watch: Watch, method: str, path: str, *, headers: Mapping[str, str] | None, body: Mapping[str, Any]
    ) -> Answer:
        client = httpx2.Client(
            transport=WatchedTransport(watch, resolve=self._resolve),
            timeout=httpx2.Timeout(max(0.001, watch.limit_s), connect=_CONNECT_S),
            trust_env=False,
            follow_redirects=False,
        )
        # Compressed, a small answer could become a large one.
        sent = {**self._headers, "Accept-Encoding": "identity", **(headers or {})}
        with client, client.stream(method, self._base + path, headers=sent, **body) as response:
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

    @contextmanager
    def _plain_errors(self, watch: Watch, *, is_open: bool) -> Iterator[None]:
        fault: OperationalFault
        try:
            yield
        except NightdeskError:
            raise
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            fault = Transient(f"{self.name} cannot be reached. It will be tried again.")
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OutOfTime, Flooded) as error:
            if error is watch.raised:
                raise
            fault = self._explain_loss(is_open=is_open)
        else:
            return
        raise fault

    def _explain_loss(self, *, is_open: bool) -> OperationalFault:
        if is_open:
            return OutcomeUnknown(f"{self.name} did not answer, so it is not known whether the post went out.")
        return Transient(f"{self.name} did not answer properly. It will be tried again.")

    def _explain_answer(self, answer: Answer, *, is_open: bool) -> OperationalFault:
        status = answer.status
        if status == 429:
            wait_s = self._read_pause(answer.headers)
            when = "later" if wait_s is None else f"in {math.ceil(wait_s)} s"
            return Throttled(f"{self.name} asks for a pause. It will be tried again {when}.", retry_after_s=wait_s)
        if status >= 500:
            return self._explain_loss(is_open=is_open)
        if status in (408, 425):
            return Transient(f"{self.name} could not take it just now (HTTP {status}). It will be tried again.")
        if status == 401:
            return AccountRefused(f"{self.name} does not accept this account's credentials. Reconnect the account.")
        if 300 <= status < 400:
            return Refused(
                f"{self.name} sends its readers elsewhere (HTTP {status}). Check the account's address.", answer=answer
            )
        return Refused(f"{self.name} refused this (HTTP {status}). Check the post and the account.", answer=answer)

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
    return str(base_url).rstrip("/")
