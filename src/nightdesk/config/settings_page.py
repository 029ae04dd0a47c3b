"""Draw the settings page from the readers: `python -m nightdesk.config.settings_page > docs/reference/settings.md`."""

import sys
from itertools import groupby

from nightdesk.config.environment import Environment, Setting
from nightdesk.config.topics.reading import read_all

_INTRODUCTION = """\
# Settings

<!-- Made by `make docs`. Edit the readers in `src/nightdesk/config/topics/`, not this page. -->

Every setting is an environment variable, read once when a process starts. A value that cannot be used stops the start
with a sentence that names the setting. An empty value counts as not set. A secret `NAME` may be handed in as
`NAME_FILE`, the path of a file that holds it. Durations are seconds, or like `90s`, `15m`, `1h`, `2d`.
"""


def draw_page() -> str:
    """Draw the page in Markdown: one table a topic, each setting with its kind, default and meaning."""
    environment = Environment({})
    read_all(environment)
    by_topic = sorted(environment.settings.values(), key=lambda setting: setting.topic)
    tables = [_draw_table(topic, list(rows)) for topic, rows in groupby(by_topic, key=lambda setting: setting.topic)]
    return "\n".join([_INTRODUCTION, *tables])


def _draw_table(topic: str, rows: list[Setting]) -> str:
    lines = [f"## {topic}", "", "| setting | value | default | meaning |", "|---|---|---|---|"]
    lines += [f"| `{row.name}` | {row.kind} | {_show(row.default)} | {row.meaning} |" for row in rows]
    return "\n".join(lines) + "\n"


def _show(default: str) -> str:
    return f"`{default}`" if default and " " not in default else default


if __name__ == "__main__":
    sys.stdout.write(draw_page())
