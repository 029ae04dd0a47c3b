"""How much is measured: all of it, or a short look."""

from dataclasses import dataclass
from typing import Final

#: Jobs or requests that a process submits before it is timed: they open connections and load what is loaded late.
WARM_UPS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Counts and times of one run of the benchmarks."""

    name: str
    repetitions: int = 3
    our_jobs: int = 6_000  # 4 s and more of draining: several rounds of the sweeper
    peer_jobs: int = 2_000
    scout_jobs: int = 600  # enough to tell the best of a peer's worker sets
    posts: int = 400
    latencies: int = 100
    calls: int = 400
    slow_peer_calls: int = 400  # prefork 4 works off 4 a second
    idle_s: float = 60.0
    backlog_jobs: int = 100_000
    backlog_s: float = 600.0
    cost_jobs: int = 1_000
    campaigns: int = 10_000  # that the pages list
    page_loads: int = 60
    screen_changes: int = 200
    copied_campaigns: int = 500  # written by models that break
    streams: int = 500
    mails: int = 10_000
    peer_mails: int = 2_000
    exported_rows: int = 1_000_000
    mail_loops: int = 3_000


FULL: Final = Scale(name="full")
QUICK: Final = Scale(
    name="quick",
    our_jobs=4_000,
    peer_jobs=1_000,
    scout_jobs=300,
    posts=240,
    slow_peer_calls=40,
    idle_s=15.0,
    backlog_jobs=10_000,
    backlog_s=60.0,
    page_loads=30,
    copied_campaigns=50,
    mails=2_000,
    peer_mails=500,
    exported_rows=200_000,
    mail_loops=1_000,
)
