"""One run's line to a server: requests that end when they should, whatever the server does.

The library's exceptions hold the request, and with it the key. So they are read here and dropped: no error of ours has
one of them as cause or context.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx2

from nightdesk.core.errors import OperationalFault
from nightdesk.providers.images.hosted import faults
from nightdesk.providers.images.hosted.faults import Answer, Vendor
from nightdesk.providers.wire.transport import WatchedTransport
from nightdesk.providers.wire.watch import Flooded, OutOfTime, Watch

_CONNECT_S: Final = 5.0
#: What an answer in JSON may have that holds no picture.
_MOST_JSON_BYTES: Final = 8 * 1024 * 1024
#: A picture of 100 megapixels as PNG, in base64: more is a flood.
MOST_PICTURE_BYTES: Final = 200 * 1024 * 1024


class Line:
    """Asks one server on behalf of one run. `check` is called while it waits and may raise to stop it."""

    def __init__(self, vendor: Vendor, *, check: Callable[[], None] | None, limit_s: float) -> None:
        """Connect to nothing yet; the clock of `limit_s` begins to run."""
        self.vendor = vendor
        self.limit_s = limit_s
        self.check = check
        self._ends_at = time.monotonic() + limit_s

    @property
    def left_s(self) -> float:
        """How many seconds are left; never below zero."""
        return max(0.0, self._ends_at - time.monotonic())

    def get(self, path: str, **given: Any) -> Answer:
        """Ask for something; see `ask`."""
        return self.ask("GET", path, **given)

    def post(self, path: str, **given: Any) -> Answer:
        """Ask for something to be done; see `ask`."""
        return self.ask("POST", path, **given)

    def ask(
        self,
        method: str,
        path: str,
        *,
        is_paid: bool = False,
        most_bytes: int = _MOST_JSON_BYTES,
        most_s: float | None = None,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> Answer:
        """Make one request and return its answer, which is a success. `body`: json, data, files or params, as in httpx2.

        `most_s`: what this request may take of the line's time; None: all that is left.

        Raises:
            OutcomeUnknown: it `is_paid`, was sent, and no whole answer came back.
            OperationalFault: the server or the network did not play along; nothing was done.
            BaseException: whatever `check` raises; the connection is closed at once.
        """
        limit_s = self.left_s if most_s is None else min(most_s, self.left_s)
        watch = Watch(limit_s=limit_s, on_tick=self.check, most_bytes=most_bytes)
        try:
            answer = self._exchange(watch, method, path, {**self.vendor.headers, **(headers or {})}, body)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OutOfTime, Flooded) as error:
            if error is watch.raised:
                raise
            fault = self._explain(error, watch, is_paid=is_paid)
        else:
            if 200 <= answer.status < 300:
                return answer
            fault = faults.explain_answer(answer, self.vendor, is_paid=is_paid)
        raise fault

    def _exchange(
        self, watch: Watch, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> Answer:
        client = httpx2.Client(
            transport=WatchedTransport(watch),
            timeout=httpx2.Timeout(max(0.001, watch.limit_s), connect=_CONNECT_S),
            trust_env=False,
            follow_redirects=False,
            auth=self.vendor.server.login,
        )
        # Compressed, a small answer could become a large one.
        plain = {**headers, "Accept-Encoding": "identity"}
        with client, client.stream(method, self.vendor.base_url + path, headers=plain, **body) as response:
            if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
                raise ValueError("compressed")
            given = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, given, b"".join(response.iter_raw()))

    def _explain(self, error: Exception, watch: Watch, *, is_paid: bool) -> OperationalFault:
        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
            return faults.explain_network(self.vendor)
        if isinstance(error, OutOfTime | httpx2.TimeoutException):
            return faults.explain_lateness(self.vendor, watch.limit_s, is_paid=is_paid)
        return faults.explain_loss(self.vendor, is_paid=is_paid)
