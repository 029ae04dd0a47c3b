"""How much may be asked for in which time. Imports nothing of Django, so that settings can read rates."""

import re
from dataclasses import dataclass
from typing import Final

_RATE: Final = re.compile(r"^([1-9][0-9]{0,5})/([1-9][0-9]{0,3})?([smh])$")
_UNIT_S: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}
OFF: Final = "off"


@dataclass(frozen=True, slots=True)
class Rate:
    """A share: `count` at once, then one more every `window_s / count` seconds."""

    count: int
    window_s: float

    @property
    def interval_s(self) -> float:
        """Seconds in which one request's worth grows back."""
        return self.window_s / self.count


def parse_rate(text: str) -> Rate | None:
    """Read a rate like `600/m`, `10/15m` or `5/s`; None for `off`.

    Raises:
        ValueError: neither.
    """
    if text == OFF:
        return None
    found = _RATE.match(text)
    if not found:
        raise ValueError(f"{text!r} is not a rate like 600/m, 10/15m or off")
    return Rate(count=int(found[1]), window_s=int(found[2] or 1) * _UNIT_S[found[3]])
