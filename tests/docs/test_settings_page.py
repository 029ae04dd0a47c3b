"""The settings page shows every setting, as the readers say it."""

from pathlib import Path

import pytest

from nightdesk.config import settings_page
from nightdesk.config.environment import Environment
from nightdesk.config.topics.reading import Reading, read_all

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_settings_page_is_what_the_readers_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == settings_page.draw_page(), "run `make docs`"


def test_settings_page_lags_when_a_setting_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    def read_one_more(environment: Environment) -> Reading:
        environment.topic("Security").text("NIGHTDESK_NEWCOMER", meaning="Not on the page yet.")
        return read_all(environment)

    monkeypatch.setattr(settings_page, "read_all", read_one_more)
    missing = set(settings_page.draw_page().splitlines()) - set(PAGE.read_text(encoding="utf-8").splitlines())
    assert missing == {"| `NIGHTDESK_NEWCOMER` | text |  | Not on the page yet. |"}
