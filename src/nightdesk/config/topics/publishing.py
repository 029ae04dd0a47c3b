"""Which private servers may be published to, and how long a platform may take."""

import re
from typing import Final

from nightdesk.config.environment import Environment, refuse
from nightdesk.providers.publishing.options import PRIVATE_HOSTS_SETTING, PublishingOptions

_HOST: Final = re.compile(r"(\[[0-9a-f:]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|[0-9a-f]*:[0-9a-f:]+)(:[0-9]{1,5})?")

_MOST_TITLE_CHARS: Final = 100


def read_journal_title(environment: Environment) -> str:
    """Read what the journal is called."""
    title = environment.topic("Publishing").text(
        "NIGHTDESK_JOURNAL_TITLE",
        default="Journal",
        meaning="Name of the public journal, on its pages and in its feeds.",
    )
    if len(title) > _MOST_TITLE_CHARS or not title.isprintable():
        raise refuse("NIGHTDESK_JOURNAL_TITLE", f"must be one line of up to {_MOST_TITLE_CHARS} characters.")
    return title


def read_publishing(environment: Environment) -> PublishingOptions:
    """Read the choices about publishing. Nothing set: only servers on the public internet are sent to."""
    topic = environment.topic("Publishing")
    hosts = topic.words(
        PRIVATE_HOSTS_SETTING,
        shown="none",
        meaning="Servers in private networks that posts and webhooks may be sent to, as `blog.internal` or "
        "`127.0.0.1:8080`. All others must be on the public internet.",
    )
    for host in hosts:
        if not _HOST.fullmatch(host.lower()):
            raise refuse(PRIVATE_HOSTS_SETTING, f"must hold hosts like blog.internal or 127.0.0.1:8080, not {host!r}.")
    timeout_s = topic.duration_s(
        "NIGHTDESK_PUBLISH_TIMEOUT",
        default=20,
        least=1,
        meaning="Longest time for one request to a platform.",
    )
    upload_timeout_s = topic.duration_s(
        "NIGHTDESK_PUBLISH_UPLOAD_TIMEOUT",
        default=120,
        least=5,
        meaning="Longest time for one request that carries a picture to a platform.",
    )
    return PublishingOptions(
        private_hosts=frozenset(host.lower() for host in hosts),
        timeout_s=timeout_s,
        upload_timeout_s=upload_timeout_s,
    )
