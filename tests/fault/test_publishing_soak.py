"""The matrix: each platform, each point, twenty times; and a hundred publishings among kills at random."""

import random
from collections import Counter
from collections.abc import Sequence
from functools import partial

import pytest

from nightdesk.providers.publishing.protocol import Certainty
from nightdesk.providers.publishing.registry import find_publisher
from tests.contract.publishing.cases import Case, find_cases
from tests.fault.press import ALL_POINTS, Press, Sheet, open_press
from tests.fault.test_publishing import CERTAIN
from tests.support.nightdesk import MakeInstallation
from tests.support.processes import wait_until

pytestmark = [pytest.mark.fault, pytest.mark.soak]

CASES = find_cases()
TIMES = 20
AT_RANDOM = 100
KILLS = 10


def cannot_be_asked(case: Case) -> bool:
    """Whether nobody can look there: one attempt, then a person decides."""
    return find_publisher(case.platform).info.certainty is Certainty.NONE


def verify(press: Press, case: Case, sheets: Sequence[Sheet], statuses: dict[str, str]) -> Counter[str]:
    """Fail if a post is out twice, is called out and is not, or is asked about where that can be known."""
    copies = press.copies(case.platform)
    told = Counter(statuses[sheet.key] for sheet in sheets)
    assert max(copies.values(), default=0) <= 1
    assert {sheet.title for sheet in sheets if statuses[sheet.key] == "success"} <= set(copies)
    assert set(told) <= ({"success", "unconfirmed"} if cannot_be_asked(case) else {"success"})
    return told


@pytest.mark.parametrize("point", ALL_POINTS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.platform.value)
def test_worker_killed_twenty_times_at_a_point(case: Case, point: str, make_installation: MakeInstallation) -> None:
    with open_press(make_installation, case) as press:
        sheets = press.publish([f"{point}-{number}" for number in range(TIMES)])
        press.close_gate(point, sheets)
        worker = press.start("a", slots=TIMES)
        press.wait_held(TIMES)
        worker.kill9()
        press.open_gates()
        press.start("b", slots=4)
        told = verify(press, case, sheets, press.wait_final())
    if point in CERTAIN:
        assert told == {"success": TIMES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.platform.value)
def test_worker_killed_at_random_among_a_hundred(case: Case, make_installation: MakeInstallation) -> None:
    chance = random.Random(case.platform)
    with open_press(make_installation, case) as press:
        sheets = press.publish([f"random-{number}" for number in range(AT_RANDOM)])
        for kill in range(KILLS):
            worker = press.start(f"a{kill}", slots=8)
            wanted = press.ended() + chance.randint(1, AT_RANDOM // KILLS - 1)
            wait_until(partial(press.has_ended, wanted), 90, "some more are out")
            worker.kill9()
        press.start("b", slots=8)
        verify(press, case, sheets, press.wait_final())
