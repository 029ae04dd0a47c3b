"""Typed readers of environment variables. Each read is recorded, so that the settings page cannot lag behind."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from nightdesk.core.errors import Misconfigured

T = TypeVar("T")

#: Suffix of the variable that names a file holding the secret (the way container secrets are handed in).
FILE_SUFFIX: Final = "_FILE"
PREFIX: Final = "NIGHTDESK_"

_DURATION: Final = re.compile(r"^([0-9]+(?:\.[0-9]+)?)\s*(s|m|h|d|)$")
_UNIT_S: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One documented setting."""

    name: str
    topic: str
    kind: str
    default: str
    meaning: str


@dataclass(slots=True)
class Environment:
    """The variables of a process, and the list of settings that were asked for."""

    values: Mapping[str, str]
    settings: dict[str, Setting] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def topic(self, title: str) -> "Topic":
        """Open a section of the settings page; its readers record under this title."""
        return Topic(self, title)

    def warn_of_strangers(self) -> None:
        """Add a warning for each `NIGHTDESK_*` variable that no reader asked for: most are spelling mistakes."""
        known = {*self.settings, *(name + FILE_SUFFIX for name in self.settings)}
        for name in sorted(set(self.values) - known):
            if not name.startswith(PREFIX):
                continue
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            self.warnings.append(f"{name} is set but is not a setting of Nightdesk.{hint}")


@dataclass(frozen=True, slots=True)
class Topic:
    """The readers. An empty value counts as not set.

    Every reader raises `Misconfigured` with a sentence naming the setting where its value cannot be used.
    """

    environment: Environment
    title: str

    def text(self, name: str, *, default: str = "", meaning: str, shown: str | None = None, kind: str = "text") -> str:
        """Read text. `shown` replaces the default on the settings page where the default is worked out."""
        self._record(name, kind, default if shown is None else shown, meaning)
        return self.environment.values.get(name, "").strip() or default

    def secret(self, name: str, *, meaning: str, shown: str = "", kind: str = "secret") -> str:
        """Read a secret, from the variable or from the file that `NAME_FILE` names; both at once is refused."""
        self._record(name, f"{kind}, or `{name}{FILE_SUFFIX}`", shown, meaning)
        plain = self.environment.values.get(name, "").strip()
        path = self.environment.values.get(name + FILE_SUFFIX, "").strip()
        if plain and path:
            raise refuse(name, f"is given twice, here and in {name}{FILE_SUFFIX}. Keep one of the two.")
        return _read_secret(name + FILE_SUFFIX, Path(path)) if path else plain

    def integer(self, name: str, *, default: int, meaning: str, least: int = 0, most: int = 2**31) -> int:
        """Read a whole number within bounds."""

        def parse(raw: str) -> int:
            if not re.fullmatch(r"[+-]?[0-9]+", raw) or not least <= int(raw) <= most:
                raise refuse(name, f"must be a whole number from {least} to {most}, not {raw!r}.")
            return int(raw)

        return self._parsed(name, default, parse, kind="whole number", shown=str(default), meaning=meaning)

    def duration_s(self, name: str, *, default: float, meaning: str, least: float = 0) -> float:
        """Read a length of time in seconds: `90`, `90s`, `15m`, `1h`, `2d`."""

        def parse(raw: str) -> float:
            found = _DURATION.match(raw)
            length_s = float(found[1]) * _UNIT_S[found[2]] if found else -1.0
            if length_s < least:
                raise refuse(name, f"must be a time like 90, 15m or 1h, at least {least:g} seconds, not {raw!r}.")
            return length_s

        return self._parsed(name, default, parse, kind="duration", shown=f"{default:g}", meaning=meaning)

    def flag(self, name: str, *, default: bool, meaning: str) -> bool:
        """Read yes or no: `true`/`false`, `1`/`0`, `yes`/`no`, `on`/`off`."""

        def parse(raw: str) -> bool:
            if raw.lower() not in _YES | _NO:
                raise refuse(name, f"must be true or false, not {raw!r}.")
            return raw.lower() in _YES

        return self._parsed(name, default, parse, kind="true or false", shown=str(default).lower(), meaning=meaning)

    def choice(self, name: str, *, options: Iterable[str], default: str, meaning: str) -> str:
        """Read one of a few words, in any case."""
        words = list(options)

        def parse(raw: str) -> str:
            for word in words:
                if word.lower() == raw.lower():
                    return word
            raise refuse(name, f"must be one of {', '.join(words)}, not {raw!r}.")

        return self._parsed(name, default, parse, kind=" / ".join(words), shown=default, meaning=meaning)

    def words(
        self, name: str, *, default: tuple[str, ...] = (), meaning: str, shown: str | None = None
    ) -> tuple[str, ...]:
        """Read a list with commas between its items; blanks around them do not count."""
        raw = self.text(name, meaning=meaning, shown=",".join(default) if shown is None else shown, kind="list, commas")
        return tuple(word for word in (part.strip() for part in raw.split(",")) if word) or default

    def address(self, name: str, *, default: str, schemes: Iterable[str], meaning: str) -> str:
        """Read an address like `scheme://...` with one of `schemes`; as it may hold a password, errors never repeat it."""
        raw = self.secret(name, meaning=meaning, shown=default, kind="address") or default
        allowed = list(schemes)
        if "://" not in raw or raw.partition("://")[0].lower() not in allowed:
            raise refuse(name, f"must begin with one of {', '.join(f'{word}://' for word in allowed)}.")
        try:
            _ = urlsplit(raw).port
        except ValueError:
            raise refuse(name, "has a host or port that cannot be read.") from None
        return raw

    def _parsed(self, name: str, default: T, parse: Callable[[str], T], *, kind: str, shown: str, meaning: str) -> T:
        raw = self.text(name, meaning=meaning, shown=shown, kind=kind)
        return parse(raw) if raw else default

    def _record(self, name: str, kind: str, default: str, meaning: str) -> None:
        if name in self.environment.settings:
            raise AssertionError(f"{name} is read twice: a setting has one reader")
        self.environment.settings[name] = Setting(
            name=name, topic=self.title, kind=kind, default=default, meaning=meaning
        )


def refuse(name: str, complaint: str) -> Misconfigured:
    """Build the error for a value that cannot be used: the setting's name, then the complaint."""
    return Misconfigured(f"{name} {complaint}", setting=name)


def _read_secret(name: str, path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(name, f"names a file that cannot be read ({type(error).__name__}). Check the path.") from None
    if not secret:
        raise refuse(name, "names an empty file. Put the secret into it.")
    return secret
