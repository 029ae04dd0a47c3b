"""Where files live, and what this process is called."""

import re
import zoneinfo
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nightdesk.config.environment import Environment, refuse

#: The role of a process that runs one command and ends.
COMMAND_ROLE: Final = "manage"

_MOST_NAME_CHARS: Final = 60
_ROLE: Final = re.compile(r"^[a-z][a-z0-9-]{0,30}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The data folder and the name of the process."""

    data_dir: Path
    role: str
    time_zone: str
    site_name: str
    debug: bool


def read_places(environment: Environment) -> Places:
    """Read where the data folder is and what this process is for."""
    topic = environment.topic("Installation")
    data_dir = topic.text(
        "NIGHTDESK_DATA_DIR",
        default="data",
        shown="./data",
        kind="folder",
        meaning="Where everything that must outlive a restart is kept: database, broker files, keys, logs.",
    )
    role = topic.text(
        "NIGHTDESK_ROLE",
        default=COMMAND_ROLE,
        meaning="Name of this process in its log file: `web`, `worker`, `beat`, ... Set by the `nightdesk` commands.",
    )
    if not _ROLE.match(role):
        raise refuse("NIGHTDESK_ROLE", "must be a short name in lower-case letters, digits and hyphens.")
    return Places(
        data_dir=Path(data_dir).expanduser().absolute(),
        role=role,
        time_zone=_read_time_zone(environment),
        site_name=_read_site_name(environment),
        debug=topic.flag(
            "DEBUG",
            default=False,
            meaning="Show tracebacks in the browser. Never on an installation that others can reach.",
        ),
    )


def _read_time_zone(environment: Environment) -> str:
    zone = environment.topic("Installation").text(
        "NIGHTDESK_TIME_ZONE",
        default="UTC",
        kind="IANA zone",
        meaning="Zone in which pages show times, like `Europe/Berlin`. Times are stored in UTC.",
    )
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise refuse("NIGHTDESK_TIME_ZONE", f"must be a zone like Europe/Berlin or UTC, not {zone!r}.") from None
    return zone


def _read_site_name(environment: Environment) -> str:
    name = environment.topic("Installation").text(
        "NIGHTDESK_SITE_NAME", default="Nightdesk", meaning="What this installation is called in mails and reports."
    )
    if len(name) > _MOST_NAME_CHARS or not name.isprintable():
        raise refuse("NIGHTDESK_SITE_NAME", f"must be one line of up to {_MOST_NAME_CHARS} characters.")
    return name
