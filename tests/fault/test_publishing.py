"""Workers that are killed while they publish: nothing is out twice, and what nobody can know is asked."""

import pytest

from tests.contract.publishing.cases.discord import CASE as DISCORD
from tests.contract.publishing.cases.mastodon import CASE as MASTODON
from tests.fault.gated_publishing import AFTER_INTENT, BEFORE_FINISH, BEFORE_INTENT
from tests.fault.press import ALL_POINTS, open_press
from tests.support.nightdesk import MakeInstallation

pytestmark = pytest.mark.fault

#: Where our own rows say whether it is out, also on a platform that cannot be asked.
CERTAIN = (BEFORE_INTENT, AFTER_INTENT, BEFORE_FINISH)


def test_worker_killed_at_each_point_publishes_nothing_twice(make_installation: MakeInstallation) -> None:
    with open_press(make_installation, MASTODON, DISCORD) as press:
        sheets = press.publish(ALL_POINTS)
        for point in ALL_POINTS:
            press.close_gate(point, [sheet for sheet in sheets if sheet.title == point])
        worker = press.start("a", slots=len(sheets))
        press.wait_held(len(sheets))

        worker.kill9()
        press.open_gates()
        press.start("b", slots=4)
        statuses = press.wait_final()

    told = {(sheet.platform, sheet.title): statuses[sheet.key] for sheet in sheets}
    assert told == {
        **{("mastodon", point): "success" for point in ALL_POINTS},
        **{("discord", point): "success" if point in CERTAIN else "unconfirmed" for point in ALL_POINTS},
    }
    assert press.copies(MASTODON.platform) == dict.fromkeys(ALL_POINTS, 1)
    assert press.copies(DISCORD.platform) == dict.fromkeys(ALL_POINTS, 1)
