"""What can be asked for: the base of an app's `jobs.py`. A leaf: imports only pydantic and core.

A subclass of `JobArgs` is a kind of job. Its fields are a public wire format: ids and primitives, frozen, unknown
fields tolerated, old fields kept for a release.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

T = TypeVar("T")

#: Longest default soft limit: a run that says nothing about its time is stopped after ten minutes.
DEFAULT_SOFT_LIMIT_S: Final = 600.0
#: What a body gets between the soft limit (an exception it may handle) and the hard one (its process is ended).
HARD_AFTER_SOFT_S: Final = 30.0
DEFAULT_PRIORITY: Final = 5
DEFAULT_HISTORY_DAYS: Final = 30.0
#: More does not travel with a job: data is stored, and its id is sent.
DEFAULT_ARGUMENTS_BYTES: Final = 64 * 1024

_RATE = re.compile(r"^(\d+)/([smh])$")
_UNIT_S: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str | int) and not isinstance(value, bool) else value


#: A list that also accepts a single plain value: `"a"` reads as `["a"]`.
ListOf = Annotated[list[T], BeforeValidator(_as_list)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How jobs of one kind are run. Times in seconds unless the name says otherwise."""

    name: str
    queue: str = "default"
    priority: int = DEFAULT_PRIORITY  # 0 to 9, higher first
    version: int = 1
    retries: int = 3
    retry_delay_s: float = 60.0
    soft_limit_s: float | None = DEFAULT_SOFT_LIMIT_S
    hard_limit_s: float | None = None
    rate: str | None = None  # "30/m": at most so many starts in a window, over all workers
    limit: int | None = None  # at most so many running at once, over all workers
    memory_limit_bytes: int | None = None  # of the process, on prefork: above it the run is ended
    cancel_grace_s: float = 10.0
    result_ttl_s: float | None = None  # None: as long as the history
    history_days: float = DEFAULT_HISTORY_DAYS
    private: bool = False  # only its owner (and operators) may see it
    sensitive: bool = False  # arguments, result, error and messages encrypted at rest
    arguments_bytes: int = DEFAULT_ARGUMENTS_BYTES  # what its arguments may take as JSON
    title: str = ""

    @property
    def hard_s(self) -> float | None:
        """Seconds after which a run is ended from outside; None: never."""
        if self.hard_limit_s is not None:
            return self.hard_limit_s
        return None if self.soft_limit_s is None else self.soft_limit_s + HARD_AFTER_SOFT_S

    @property
    def interval_s(self) -> float | None:
        """Seconds between two starts under `rate`; None: unlimited.

        Raises:
            ValueError: `rate` is not like "30/m".
        """
        if self.rate is None:
            return None
        found = _RATE.match(self.rate)
        if not found or int(found[1]) == 0:
            raise ValueError(f"{self.name}: rate {self.rate!r} is not like '30/m' (a count per s, m or h)")
        return _UNIT_S[found[2]] / int(found[1])

    @property
    def limited(self) -> bool:
        """Whether starts of this kind are gated by a rate or a concurrency limit."""
        return self.rate is not None or self.limit is not None


KINDS: Final[dict[str, Kind]] = {}
ARGUMENTS: Final[dict[str, type["JobArgs"]]] = {}


def register(kind: Kind) -> Kind:
    """Make a kind known in this process. Safe to repeat with the same options; the newest wins.

    Raises:
        ValueError: priority outside 0 to 9, or a rate that cannot be read.
    """
    if not 0 <= kind.priority <= 9:
        raise ValueError(f"{kind.name}: priority {kind.priority} is not within 0 to 9")
    _ = kind.interval_s
    KINDS[kind.name] = kind
    return kind


def amend(arguments: type["JobArgs"], **options: Any) -> None:
    """Change options of a typed kind that only the settings know, as how long its results live.

    Called once where the kind's handler is registered, before `handles`: every process loads handlers.
    """
    arguments.kind = register(replace(arguments.kind, **options))


class JobArgs(BaseModel):
    """Arguments of one kind of job; class keywords are the fields of `Kind`.

        class FetchCreatives(JobArgs, queue="data_fetch", retries=3, soft_limit_s=120, rate="30/m"):
            '''Fetch the creatives of advertisers.'''
            advertiser_ids: ListOf[str] = []

    The kind's name is `<app>.<class name in snake case>` unless `name=` is given.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    kind: ClassVar[Kind]

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Register the subclass as a kind."""
        options.setdefault("name", _kind_name(cls))
        options.setdefault("title", (cls.__doc__ or "").strip().partition("\n")[0])
        cls.kind = register(Kind(**options))
        ARGUMENTS[cls.kind.name] = cls

    def __init_subclass__(cls, **options: Any) -> None:
        """Keep the kind's options away from pydantic's own class keywords."""
        super().__init_subclass__()

    @classmethod
    def from_call(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> "JobArgs":
        """Build the arguments from a plain call, positional values in the order of the fields.

        Raises:
            TypeError: more positional values than fields, or a field given twice.
            pydantic.ValidationError: a value that does not fit.
        """
        names = list(cls.model_fields)
        if len(args) > len(names):
            raise TypeError(f"{cls.kind.name} takes {len(names)} arguments, {len(args)} were given")
        named = dict(_zip(names, args))
        if twice := sorted(named.keys() & kwargs.keys()):
            raise TypeError(f"{cls.kind.name}: {', '.join(twice)} given twice")
        if odd := sorted(kwargs.keys() - set(names)):
            raise TypeError(f"{cls.kind.name} has no argument {', '.join(odd)}")
        return cls(**named, **kwargs)


def _zip(names: list[str], values: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    return zip(names, values, strict=False)


def _kind_name(cls: type) -> str:
    app = cls.__module__.removesuffix(".jobs").rpartition(".")[2]
    return f"{app}.{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', cls.__name__).lower()}"
