"""One run's writing: the channels side by side, one clock for all of them, how far each is, and what was paid.

Works run in threads of their own and touch no database: what they have to tell is kept here until the run's own thread
comes by (`settle`).
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

from nightdesk.campaigns.services.costs import NotedCall, store_calls
from nightdesk.campaigns.services.progress import WritingProgress
from nightdesk.core.errors import Permanent
from nightdesk.core.ids import new_job_id
from nightdesk.engine.sql import patiently
from nightdesk.providers.text.channels import CHANNELS, Channel
from nightdesk.providers.text.limits import find_errors
from nightdesk.providers.text.protocol import CallRecord, OnProgress, PieceRequest
from nightdesk.providers.text.registry import find_writer

#: A writer must be done so long before the run's soft limit: its text is still to be stored.
MARGIN_S: Final = 20.0
#: A writer that begins near the limit gets this much all the same: it then says itself that time is up.
LEAST_S: Final = 1.0


class Sitting:
    """The pieces that one run has to write, by one writer. A context manager: leaving it closes the books.

    `report` is told percent and words and may raise to stop the run; `time_left_s` says how long the run may still
    take, None: for ever. `done` are the channels that are written already.
    """

    def __init__(
        self,
        requests: Iterable[PieceRequest],
        *,
        campaign_id: int,
        job_id: UUID,
        report: OnProgress,
        time_left_s: Callable[[], float | None],
        done: Iterable[str] = (),
    ) -> None:
        self._requests = {request.channel.value: request for request in requests}
        self._writer = find_writer()
        self._campaign_id = campaign_id
        self._job_id = job_id
        self._time_left_s = time_left_s
        self._progress = WritingProgress(self._requests, report, done=done)
        self._lock = threading.Lock()
        self._calls: list[NotedCall] = []
        self._costs: dict[str, int] = {}
        self._is_closed = False

    @property
    def at_once(self) -> int:
        """How many pieces the writer takes at once."""
        return self._writer.at_once

    @property
    def works(self) -> Mapping[str, Callable[[], dict[str, Any]]]:
        """What is to be done for each channel: returns the draft as JSON; nothing is kept yet."""
        return {channel: partial(self._draft, request) for channel, request in self._requests.items()}

    def _draft(self, request: PieceRequest) -> dict[str, Any]:
        """Write one piece.

        Raises:
            OperationalFault: the writer could not do it.
            Permanent: what it wrote breaks a limit of the platform.
        """
        channel = request.channel
        with self._progress.writing(channel) as report:
            draft = self._writer.write(
                request, on_progress=report, on_call=partial(self._note, channel), deadline_s=self._deadline_s()
            )
            if errors := find_errors(channel, draft.fields):
                first = next(iter(errors.values()))[0]
                raise Permanent(f"The text for {CHANNELS[channel].title} cannot be used: {first}")
        return draft.model_dump(mode="json")

    def _deadline_s(self) -> float | None:
        left_s = self._time_left_s()
        return None if left_s is None else max(LEAST_S, left_s - MARGIN_S)

    def _note(self, channel: Channel, record: CallRecord) -> None:
        call = NotedCall(key=new_job_id(), channel=channel.value, record=record)
        with self._lock:
            if record.cost_micros is not None:
                self._costs[channel] = self._costs.get(channel, 0) + record.cost_micros
            self._calls.append(call)
            is_late = self._is_closed
        if is_late:  # the run did not wait for this call, and it is to be paid all the same
            self._write_books()

    def cost_micros(self, draft: Mapping[str, Any]) -> int | None:
        """Return what the calls for this draft cost in this run, as far as known; None: nothing is known."""
        with self._lock:
            return self._costs.get(draft["channel"])

    def book(self) -> None:
        """Write the calls so far into the books inside the caller's transaction: what a piece cost is known with the piece.

        They are written once more by `settle`, which changes nothing: this transaction may yet be undone.
        """
        with self._lock:
            calls = list(self._calls)
        if calls:
            store_calls(campaign_id=self._campaign_id, job_id=self._job_id, calls=calls)

    def settle(self) -> None:
        """Write the calls made since into the books and tell how far it is; the run's own thread comes by with it."""
        self._write_books()
        self._progress.tell()

    def _write_books(self) -> None:
        with self._lock:
            calls = list(self._calls)
        if calls:
            patiently(lambda: store_calls(campaign_id=self._campaign_id, job_id=self._job_id, calls=calls))
            with self._lock:  # only now: what could not be stored is stored with the next
                self._calls = [call for call in self._calls if call not in calls]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        with self._lock:
            self._is_closed = True
        self._write_books()
