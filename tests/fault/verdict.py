"""The verdict over a run of faults: what the rows say, held against what a witness outside the database saw."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.support.nightdesk import Installation
from tests.support.rows import FINISHED, Row, write_uuid
from tests.support.witness import Line, Story

_ROWS = "SELECT id, state, token, runs FROM engine_job"
#: Every run that was taken from a process that died: from claim to rescue, by the database's clock.
_LOST_RUNS = "SELECT started_at, finished_at FROM engine_attempt WHERE outcome IN ('crashed', 'released')"


@dataclass(frozen=True)
class Kill:
    """Processes that were killed with SIGKILL, from the first signal until all were gone: seconds since the epoch."""

    at: float
    until: float
    pids: frozenset[int]


@dataclass(frozen=True)
class JobRow:
    """What the database says of one job; ids and tokens as the witness writes them."""

    state: str
    token: str | None
    runs: int


@dataclass
class Verdict:
    """What became of the jobs. Every list holds job ids and must be empty."""

    jobs: int = 0
    lost: list[str] = field(default_factory=list)  # no row, or done by the row's word alone: no body came to its end
    stuck: list[str] = field(default_factory=list)  # in no final state
    failed: list[str] = field(default_factory=list)  # in a final state other than success
    accepted_twice: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)  # the accepted token is not the row's
    unseen: list[str] = field(default_factory=list)  # accepted by nobody's word, and no kill explains the silence
    unclaimed: list[str] = field(default_factory=list)  # more bodies started than rows were claimed
    reruns: int = 0
    refused: int = 0
    rescues_s: list[float] = field(default_factory=list)  # from a kill to the next start of a job that it hit

    @property
    def wrongs(self) -> dict[str, list[str]]:
        """Everything that must not be, by its name."""
        named = vars(self).items()
        return {name: value for name, value in named if isinstance(value, list) and value and name != "rescues_s"}

    def describe(self) -> str:
        """Say it in one line."""
        rescues = describe_times(self.rescues_s)
        wrongs = {name: len(ids) for name, ids in self.wrongs.items()} or "nothing wrong"
        return f"{self.jobs} jobs: {wrongs}, {self.reruns} reruns, {self.refused} refused, {rescues}"


def judge(
    jobs: Sequence[str],
    rows: Mapping[str, JobRow],
    stories: Mapping[str, Story],
    kills: Sequence[Kill] = (),
    *,
    silent_bodies: bool = False,
) -> Verdict:
    """Judge the jobs of these ids, each of which was to succeed; pure, so that it can be tested itself.

    `silent_bodies`: they do not tell the witness when they come to their end (real jobs never do).
    """
    verdict = Verdict(jobs=len(jobs))
    for job_id in jobs:
        row, story = rows.get(job_id), stories.get(job_id, Story())
        verdict.refused += sum(line.event == "refused" for line in story.others)
        verdict.rescues_s += _rescue_times(story, kills)
        if row is None:
            verdict.lost.append(job_id)
            continue
        verdict.reruns += max(len(story.starts), row.runs) - 1 if row.runs else 0
        if len(story.starts) > row.runs:
            verdict.unclaimed.append(job_id)
        for name in _find_wrongs(row, story, kills, silent_bodies=silent_bodies):
            getattr(verdict, name).append(job_id)
    return verdict


def examine(
    nightdesk: Installation, jobs: Sequence[str], kills: Sequence[Kill] = (), *, silent_bodies: bool = False
) -> Verdict:
    """Judge jobs of an installation as they stand now."""
    return judge(jobs, read_rows(nightdesk.sql(_ROWS)), nightdesk.story(), kills, silent_bodies=silent_bodies)


def read_rows(rows: Iterable[Row]) -> dict[str, JobRow]:
    """Read (id, state, token, runs) as either database gives them."""
    return {
        write_uuid(job_id): JobRow(state, write_uuid(token) if token else None, runs)
        for job_id, state, token, runs in rows
    }


def measure_lost_runs(nightdesk: Installation) -> list[float]:
    """Measure for each run whose process died the seconds from its claim to its rescue."""
    return [(_moment(end) - _moment(start)).total_seconds() for start, end in nightdesk.sql(_LOST_RUNS)]


def describe_times(times_s: Sequence[float]) -> str:
    """Say how a handful of durations is distributed."""
    if not times_s:
        return "no rescue"
    times = sorted(times_s)
    return f"{len(times)} rescues after {statistics.median(times):.2f} s (median), {times[-1]:.2f} s (longest)"


def _find_wrongs(row: JobRow, story: Story, kills: Sequence[Kill], *, silent_bodies: bool) -> list[str]:
    if row.state not in FINISHED:
        return ["stuck"]
    if row.state != "succeeded":
        return ["failed"]
    wrongs = []
    ends = [line for line in story.ends if line.token == row.token]
    if not ends and not silent_bodies:
        wrongs.append("lost")
    accepted = _accepted_tokens(story)
    if len(accepted) > 1:
        wrongs.append("accepted_twice")
    if any(token != row.token for token in accepted):
        wrongs.append("foreign")
    if not accepted and not any(_fell_silent(line, kills) for line in ends):
        wrongs.append("unseen")
    return wrongs


def _accepted_tokens(story: Story) -> list[str]:
    """Tokens whose final end counted: the end of a run that is to be tried again is accepted too, and is not final."""
    retried = {line.token for line in story.others if line.event == "retry"}
    return [line.token for line in story.accepted if line.token not in retried]


def _fell_silent(end: Line, kills: Sequence[Kill]) -> bool:
    """Whether the process of this body was killed after it: between its commit and its word to the witness."""
    return any(end.pid in kill.pids and kill.until >= end.at for kill in kills)


def _rescue_times(story: Story, kills: Sequence[Kill]) -> list[float]:
    times = []
    for first, second in zip(story.starts, story.starts[1:], strict=False):
        ours = [kill for kill in kills if first.pid in kill.pids]
        hits = [kill.at for kill in ours if first.at <= kill.until and kill.at <= second.at]
        if hits:
            times.append(second.at - min(hits))
    return times


def _moment(value: datetime | str) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
