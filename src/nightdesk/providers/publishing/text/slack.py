"""Markdown as Slack's mrkdwn.

https://docs.slack.dev/messaging/formatting-message-text/
"""

from typing import Final

from nightdesk.providers.publishing.text.marking import Dialect, write_marked
from nightdesk.providers.publishing.text.plain import shows
from nightdesk.providers.publishing.text.runs import Look, read_runs

#: No width, and no letter: it keeps the signs of a fence apart, and a mark from the word beside it.
_APART: Final = "\u200b"
#: Looks like a backtick, which has no escape in code.
_TICK: Final = "\u02cb"


def to_slack(markdown: str) -> str:
    """Return mrkdwn in which `&`, `<` and `>` of the text are escaped, so that nothing in it calls anybody."""
    return write_marked(read_runs(markdown), _SLACK)


def escape_slack(text: str) -> str:
    """Escape the three signs that mean something to Slack everywhere."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _link(words: str, written: str, address: str) -> str:
    target = escape_slack(address).replace("|", "%7C")
    if not words.strip() or shows(words, address):
        return f"<{target}>"
    return f"<{target}|{written}>"


def _code(text: str) -> str:
    return f"`{escape_slack(text.replace('`', _TICK))}`"


def _block(text: str, _language: str) -> str:
    return f"```\n{escape_slack(text).replace('```', _APART.join('```'))}\n```"


_SLACK: Final = Dialect(
    marks={Look.BOLD: "*", Look.HEADING: "*", Look.ITALIC: "_", Look.STRIKE: "~"},
    escape=escape_slack,
    code=_code,
    block=_block,
    link=_link,
    between=_APART,
)
