"""The file broker: a kombu transport over `engine.file_store`, for one machine without a server.

Broker addresses are `files:///folder`, or `files://` with the transport option `folder`. kombu's own filesystem
transport lets readers meet half-written files, which ends a worker, needs file locks, and on Windows a package more;
its folder of all queues is listed and sorted for each message. This one shares nothing with it but the idea.
"""

import contextlib
import logging
import re
import sys
import time
from pathlib import Path
from queue import Empty
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit

from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.utils.json import dumps, loads

from nightdesk.engine.file_store import Binding, FileStore

SCHEME: Final = "files"
#: What a message waits at most before an idle reader looks again: half of it on average.
POLL_S: Final = 0.05
#: An `auto_delete` queue without `expires`: a client that was killed leaves its queue for so long.
ORPHAN_LIFE_S: Final = 600.0

_DRIVE: Final = re.compile(r"^/([A-Za-z]:)")  # files:///C:/folder names C:/folder

log = logging.getLogger(__name__)


def register() -> None:
    """Make kombu know `files://` addresses in this process. Safe to repeat."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"


def build_broker_url(folder: Path) -> str:
    """Write the broker address of a folder, with characters escaped that mean something in an address."""
    return SCHEME + folder.absolute().as_uri().removeprefix("file")


def transport_options(folder: Path) -> dict[str, Any]:
    """Give Celery's `broker_transport_options` for an address that names no folder."""
    return {"folder": str(folder), "polling_interval": POLL_S}


def empty_broker(folder: Path) -> None:
    """Throw away all queues and messages of a broker folder; only what the broker itself made is touched."""
    FileStore(folder).empty()


class Channel(virtual.Channel):  # type: ignore[misc]  # kombu has no types
    """One conversation with the store: kombu's verbs, said in its words."""

    supports_fanout = True
    connection: "Transport"

    def __init__(self, connection: "Transport", **kwargs: Any) -> None:
        """Speak to the store of this connection."""
        self.store = connection.store
        self._temporary: set[str] = set()
        super().__init__(connection, **kwargs)

    def prepare_queue_arguments(self, arguments: dict[str, Any] | None, **kwargs: Any) -> dict[str, Any]:
        """Carry the queue's `expires` (seconds) to `_new_queue` beside its arguments."""
        return {**(arguments or {}), "expires_s": kwargs.get("expires") or 0.0}

    def queue_delete(self, queue: str, if_unused: bool = False, if_empty: bool = False, **_: Any) -> None:
        """Delete a queue for everybody. Readers in other processes are unknown, so `if_unused` cannot hold it back."""
        if if_empty and self._size(queue):
            return
        self.store.remove(queue)
        self.state.queue_bindings_delete(queue)

    def basic_cancel(self, consumer_tag: str) -> None:
        """Stop reading; a queue that was only for this reader goes with it."""
        queue = self._tag_to_queue.get(consumer_tag)
        super().basic_cancel(consumer_tag)
        if queue in self._temporary and queue not in self._active_queues:
            self._temporary.discard(queue)
            self.queue_delete(queue)

    def get_table(self, exchange: str) -> list[tuple[str, str, str]]:
        """List the bindings of an exchange, whoever made them, as kombu's (routing key, pattern, queue)."""
        return [_as_row(binding) for binding in self.store.bindings(exchange)]

    def _new_queue(self, queue: str, **kwargs: Any) -> None:
        expires_s = (kwargs.get("arguments") or {}).get("expires_s", 0.0)
        temporary = bool(kwargs.get("auto_delete"))
        if temporary and queue not in self._temporary:
            self._temporary.add(queue)
            self._forget_predecessor(queue)
        self.store.declare(queue, life_s=expires_s or (ORPHAN_LIFE_S if temporary else 0))

    def _forget_predecessor(self, queue: str) -> None:
        """Drop what was sent to an earlier reader of the same name: a `shutdown` meant for it must not end this one."""
        if queue not in self.connection.own_queues:
            self.connection.own_queues.add(queue)
            self.store.purge(queue)

    def _has_queue(self, queue: str, **_: Any) -> bool:
        return self.store.has(queue)

    def _queue_bind(self, exchange: str, *binding: Any) -> None:
        routing_key, pattern, queue = binding
        self.store.bind(exchange, routing_key or "", pattern or "", queue)

    def _put(self, queue: str, message: dict[str, Any], **_: Any) -> None:
        self.store.put(queue, dumps(message).encode())

    def _put_fanout(self, exchange: str, message: dict[str, Any], routing_key: str, **_: Any) -> None:
        body = dumps(message).encode()
        for binding in self.store.bindings(exchange):
            self.store.put(binding.queue, body)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        if not self.store.keep_alive(queue):
            self._declare_again(queue)
        while claimed := self.store.claim(queue):
            try:
                message = self._read(claimed)
            except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
                self._set_aside(queue, claimed, error)
            else:
                claimed.unlink(missing_ok=True)
                return message
        raise Empty

    def _read(self, claimed: Path) -> dict[str, Any]:
        message = cast("dict[str, Any]", loads(claimed.read_text(encoding="utf-8")))
        self.Message(message, channel=self)  # raises where a part is missing or the body is not what it says
        return message

    def _set_aside(self, queue: str, claimed: Path, error: Exception) -> None:
        try:
            kept: Path | str = self.store.set_aside(queue, claimed)
        except OSError as reason:
            kept = f"{claimed} (it cannot be moved: {type(reason).__name__})"
        log.warning("File broker: a file in queue %s is no message (%s); kept as %s", queue, type(error).__name__, kept)

    def _declare_again(self, queue: str) -> None:
        """Come back after the broker was emptied, or after a pause so long that others took this reader for dead."""
        self.store.declare_again(queue)
        for exchange, routing_key, arguments in self.state.queue_bindings(queue):
            self._queue_bind(exchange, *self.typeof(exchange).prepare_bind(queue, exchange, routing_key, arguments))

    def _size(self, queue: str) -> int:
        return self.store.count(queue)

    def _purge(self, queue: str) -> int:
        return self.store.purge(queue)


def _as_row(binding: Binding) -> tuple[str, str, str]:
    return binding.routing_key, binding.pattern, binding.queue


class Transport(virtual.Transport):  # type: ignore[misc]  # kombu has no types
    """The file broker as kombu sees it."""

    Channel = Channel
    can_parse_url = True
    polling_interval = POLL_S
    default_port = 0
    driver_type = SCHEME
    driver_name = SCHEME
    implements = virtual.Transport.implements.extend(
        asynchronous=True, exchange_type=frozenset(["direct", "topic", "fanout"])
    )

    def __init__(self, client: Any, **kwargs: Any) -> None:
        """Open the folder that the address or the transport option names.

        Raises:
            ValueError: neither names one.
        """
        self.store = FileStore(_find_folder(client.hostname or "", client.transport_options))
        self.own_queues: set[str] = set()
        super().__init__(client, **kwargs)

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Look at every turn of the worker's event loop, so whenever a slot has become free, and every 50 ms.

        Only with that loop has each prefork child a pipe of its own. Without it they share one and its lock, and a child
        that is killed while it waits for a job takes the lock along: no other child ever gets a job again.
        """

        def look() -> None:
            if not self.channels:  # closed: the loop outlives a connection
                loop.on_tick.discard(look)
            with contextlib.suppress(Empty):
                while True:
                    self.cycle.get(self._deliver)

        loop.on_tick.add(look)
        loop.call_repeatedly(self.polling_interval, _turn)

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        """Deliver one message, looking every 50 ms; a worker that was told to stop is not held for its 2 s.

        Raises:
            TimeoutError: none came within `timeout` seconds, or the worker is stopping.
        """
        give_up_at = None if timeout is None else time.monotonic() + timeout
        while True:
            with contextlib.suppress(Empty):
                self.cycle.get(self._deliver, timeout=timeout)
                return
            left_s = self.polling_interval if give_up_at is None else give_up_at - time.monotonic()
            if left_s <= 0 or _is_worker_stopping():
                raise TimeoutError
            time.sleep(min(self.polling_interval, left_s))

    def as_uri(self, uri: str, include_password: bool = False, mask: str = "**") -> str:
        """Show the address with its folder; there is no password in it."""
        return build_broker_url(self.store.root) if uri else uri

    def driver_version(self) -> str:
        """Say that there is no driver beneath."""
        return "N/A"


def _turn() -> None:
    """Nothing: that a timer is due is what turns the loop."""


def _is_worker_stopping() -> bool:
    worker = sys.modules.get("celery.worker.state")  # not imported: a web process has no use for it
    asked = None if worker is None else worker.should_stop  # an exit status, and 0 is one
    return asked is not None and asked is not False


def _find_folder(address: str, options: dict[str, Any]) -> Path:
    path = unquote(urlsplit(address).path)
    if path.strip("/"):
        return Path(_DRIVE.sub(r"\1", path))
    if folder := options.get("folder"):
        return Path(folder)
    raise ValueError("The file broker has no folder: write files:///folder, or set the transport option 'folder'.")


__all__ = ["Channel", "Transport", "build_broker_url", "empty_broker", "register", "transport_options"]
