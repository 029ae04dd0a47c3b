"""The broker, and the few of Celery's settings that are the operator's to choose."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from nightdesk.config.environment import Environment, Topic, refuse

FILES_SCHEME: Final = "files"
_SCHEMES: Final = (FILES_SCHEME, "redis", "rediss", "amqp", "amqps", "pyamqp", "memory")

#: Enough that pages answer beside a worker that keeps every core busy; it still gets a quarter of one.
_NICENESS: Final = 5

#: Settings of Celery that the engine decides, and what it does instead.
_DECIDED: Final = {
    "CELERY_RESULT_BACKEND": "results live in the database, beside their jobs",
    "CELERY_TASK_ACKS_LATE": "messages are only doorbells: a lost one is rung again",
    "CELERY_WORKER_PREFETCH_MULTIPLIER": "priority and fairness need a window that the sweeper keeps",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where doorbells travel, and how long what they caused is kept."""

    url: str
    folder: Path
    result_expires_s: float
    max_tasks_per_child: int | None
    niceness: int
    extra_tasks: tuple[str, ...]


def read_broker(environment: Environment, *, data_dir: Path) -> Broker:
    """Read the broker's settings and warn of those that the engine decides."""
    topic = environment.topic("Broker and workers")
    url = topic.address(
        "CELERY_BROKER_URL",
        default=f"{FILES_SCHEME}://",
        schemes=_SCHEMES,
        meaning="`files://` for a folder of this machine, `redis://host:6379/0`, or `amqp://user:password@host:5672/`.",
    )
    result_expires_s = topic.duration_s(
        "CELERY_RESULT_EXPIRES",
        default=3600,
        least=1,
        meaning="How long the result of a kind that keeps files, like an image, can be fetched after it is done.",
    )
    per_child = topic.integer(
        "CELERY_WORKER_MAX_TASKS_PER_CHILD",
        default=0,
        meaning="Jobs after which a prefork worker's child process is replaced by a fresh one. 0: never.",
    )
    niceness = topic.integer(
        "NIGHTDESK_WORKER_NICENESS",
        default=_NICENESS,
        most=19,
        meaning="How far workers give way to other programs of their machine, as with `nice`: 0 not at all, 19 always.",
    )
    _warn_of_decided(environment, topic)
    return Broker(
        url=url,
        folder=_find_folder(url, data_dir),
        result_expires_s=result_expires_s,
        max_tasks_per_child=per_child or None,
        niceness=niceness,
        extra_tasks=_read_extra_tasks(topic),
    )


def _read_extra_tasks(topic: Topic) -> tuple[str, ...]:
    modules = topic.words(
        "NIGHTDESK_EXTRA_TASKS",
        meaning="Python modules with job kinds of your own, like `desk_extras.tasks`: every process imports them at start.",
    )
    for module in modules:
        if not all(part.isidentifier() for part in module.split(".")):
            raise refuse("NIGHTDESK_EXTRA_TASKS", f"holds {module!r}, which is not a module like desk_extras.tasks.")
    return modules


def _find_folder(url: str, data_dir: Path) -> Path:
    path = unquote(urlsplit(url).path) if url.startswith(f"{FILES_SCHEME}://") else ""
    return Path(path) if path.strip("/") else data_dir / "broker"


def _warn_of_decided(environment: Environment, topic: Topic) -> None:
    for name, reason in _DECIDED.items():
        if topic.text(name, meaning=f"Read only to say that it changes nothing: {reason}."):
            environment.warnings.append(f"{name} is set and changes nothing: {reason}. Remove it.")
