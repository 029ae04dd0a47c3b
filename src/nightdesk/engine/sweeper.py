"""The sweeper: what one worker at a time does each second so that nothing waits unseen.

It lines up what is due, rings, expires, rescues and prunes, in small batches of guarded updates. It keeps nothing that
matters in memory: another one goes on where this one died.
"""

import logging
import time
from collections import Counter, deque
from typing import Final

from nightdesk.engine import fair, pruning, ringer, sql, transitions
from nightdesk.engine.arguments import KINDS
from nightdesk.engine.limits import Allowance
from nightdesk.engine.ringer import Ring
from nightdesk.engine.transitions import line, workers
from nightdesk.engine.transitions.line import RERING_AFTER_S, RERING_WHEN_EMPTY_AFTER_S, Due
from nightdesk.engine.transitions.workers import Served

log = logging.getLogger(__name__)

SWEEP_S: Final = 1.0
LEASE_S: Final = 3.0
#: Rings kept in the broker: so many a slot, or what was taken within the last second. All of them stand before the ring
#: of an urgent job of another kind, so this is also how long such a job waits.
RINGS_PER_SLOT: Final = 4
_RECENT_S: Final = 1.0
_MOST_WINDOW: Final = 5_000
_BATCH: Final = 500
#: After such a gap the database was away, and leases ended because nobody could renew them: no rescue for a while.
GAP_S: Final = 5.0
REST_AFTER_GAP_S: Final = 15.0

_SAVE_WINDOW: Final = sql.Statement(
    'INSERT INTO engine_queue (name, "window") VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET "window" = '
    'excluded."window"'
)


class Sweeper:
    """One per worker; sweeps while it holds the lease."""

    def __init__(self, holder: str) -> None:
        self._holder = holder
        self._no_rescue_until = 0.0
        self._held: dict[str, int] = {}  # queue -> rings in the broker after our last top-up
        self._taken: dict[str, deque[tuple[float, int]]] = {}  # queue -> when we saw how many rings had been taken
        self._windows: dict[str, int] = {}
        self._hungry = False

    def sweep(self) -> bool:
        """Do all duties once; False when another worker has the lease."""
        age = workers.take_lease("sweeper", self._holder, LEASE_S)
        if age is None:
            self._hungry = False
            return False
        self._notice_gap(age)
        transitions.expire_late(_BATCH)
        self._line_up()
        if time.monotonic() >= self._no_rescue_until:
            self._rescue()
        self._top_up()
        pruning.prune_some()
        return True

    def _notice_gap(self, age: float) -> None:
        # `age` counts from the end of the last lease, which was LEASE_S after its last sweep.
        if age + LEASE_S > GAP_S + SWEEP_S:
            self._no_rescue_until = time.monotonic() + REST_AFTER_GAP_S
            log.info("sweeping again after %.0f s without: no rescue by lease for %.0f s", age, REST_AFTER_GAP_S)

    def _line_up(self) -> None:
        end = time.monotonic() + SWEEP_S / 2
        while time.monotonic() < end:
            rows = line.due_rows(_BATCH)
            transitions.line_up(
                [
                    (fair.places.next(queue=queue, kind=kind, priority=priority, owner_id=owner_id), job_id)
                    for job_id, queue, kind, priority, owner_id in rows
                ]
            )
            if len(rows) < _BATCH:
                return

    def _rescue(self) -> None:
        lost = transitions.lost_with_workers(_BATCH)
        known = {one.worker for one in lost if one.suspect}
        for one in lost:
            # With a known suspect in the process the others are above suspicion.
            transitions.rescue(
                one, counts=one.suspect, suspect=one.suspect or one.worker not in known, why="Its worker went away."
            )
        if lost:
            log.warning("rescued %d jobs of workers that went away", len(lost))

    def top_up_if_hungry(self) -> None:
        """Between two sweeps: ring again where the last rings were taken at once and more stand in line."""
        if self._hungry:
            self._top_up()

    def _top_up(self) -> None:
        self._hungry = False
        standing: dict[str, list[str]] = {}
        for queue, kind in line.lines():
            standing.setdefault(queue, []).append(kind)
        serving = workers.served()
        for queue in serving.keys() - self._windows.keys():  # before the first crowd comes
            self._note_window(queue, RINGS_PER_SLOT * max(1, serving[queue].slots))
        for queue, kinds in standing.items():
            if queue in serving:
                self._top_up_queue(queue, kinds, serving[queue])

    def _top_up_queue(self, queue: str, kinds: list[str], here: Served) -> None:
        try:
            depth = ringer.current().depth(queue)
        except Exception as exc:  # noqa: BLE001 (a broker that cannot be asked cannot be rung either)
            log.debug("depth of %s: %s", queue, exc)
            return
        window = self._window(queue, depth, here.slots)
        rows: list[Due] = []
        for kind in kinds:
            if kind in here.kinds:
                rows += self._ringable(queue, kind, here.kinds[kind], window - depth, empty=depth == 0)
        chosen = _take_turns(rows)[: max(0, window - depth)]
        numbers = transitions.mark_rung([row.id for row in chosen])
        sent = ringer.current().publish(
            [Ring(row.id, row.kind, queue, numbers[row.id]) for row in chosen if row.id in numbers]
        )
        self._held[queue] = depth + sent
        self._hungry = self._hungry or (depth < window / 2 and len(chosen) == window - depth)

    def _ringable(self, queue: str, kind: str, version: int, room: int, *, empty: bool) -> list[Due]:
        if room <= 0:
            return []
        options = KINDS.get(kind)
        if options is None or not options.limited:
            doubt_s = RERING_WHEN_EMPTY_AFTER_S if empty else RERING_AFTER_S
            return transitions.ringable(
                queue=queue, kind=kind, version=version, limited=False, most=room, rung_before_s=doubt_s
            )
        rows = transitions.ringable(queue=queue, kind=kind, version=version, limited=True, most=room)
        unpaid = dict.fromkeys((row.limit_key for row in rows if row.limit_key), 0)
        for row in rows:
            if row.limit_key and not row.rung:
                unpaid[row.limit_key] += 1
        allowance = Allowance.take(unpaid)
        self._hungry = self._hungry or allowance.short
        return [row for row in rows if row.limit_key is None or allowance.spend(row.limit_key, paid=row.rung)]

    def _window(self, queue: str, depth: int, slots: int) -> int:
        now = time.monotonic()
        taken = self._taken.setdefault(queue, deque())
        taken.append((now, max(0, self._held.get(queue, 0) - depth)))
        while taken[0][0] < now - _RECENT_S:
            taken.popleft()
        recently = sum(count for _, count in taken)
        window = min(_MOST_WINDOW, max(RINGS_PER_SLOT * max(1, slots), recently))
        self._note_window(queue, window)
        return window

    def _note_window(self, queue: str, window: int) -> None:
        if self._windows.get(queue) != window:
            self._windows[queue] = window
            with sql.single():
                sql.fetch(_SAVE_WINDOW, [queue, window])


def _take_turns(rows: list[Due]) -> list[Due]:
    """Order the fronts of several lines: by priority, and among equals one of each line after the other.

    Places count within a line: one that has been going on for long has high ones and must not wait for a young one.
    """
    turns: Counter[tuple[str, int]] = Counter()
    ranked = []
    for row in rows:
        turns[row.kind, row.priority] += 1
        ranked.append((-row.priority, turns[row.kind, row.priority], row))
    return [row for *_, row in sorted(ranked, key=lambda one: one[:2])]
