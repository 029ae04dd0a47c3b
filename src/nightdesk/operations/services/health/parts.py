"""The parts of an installation, and how each is asked whether it works."""

import secrets
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from nightdesk.engine import beat_life, ringer, sql
from nightdesk.engine.models import Job, Queue, Worker
from nightdesk.engine.queries import live_workers
from nightdesk.engine.queues import STANDARD
from nightdesk.engine.states import State
from nightdesk.operations.models import Verdict
from nightdesk.operations.readiness import find_lacking
from nightdesk.operations.services.health.probing import Finding, Probe, Trouble, since

_MIB: Final = 1024 * 1024
_GIB: Final = 1024 * _MIB
#: A round trip within one house takes a millisecond; a quarter of a second is felt on every page.
_SLOW_DATABASE_MS: Final = 250.0
#: SQLite's log is emptied at 4 MiB where nobody reads for long; at this size somebody holds a transaction open.
_LARGE_LOG_BYTES: Final = 256 * _MIB
#: Of PostgreSQL's connections; the rest is needed to come in and look.
_MOST_CONNECTIONS: Final = 0.9
_LONG_WAIT: Final = timedelta(minutes=15)
#: Full disks end in lost writes: half a gibibyte is an hour of pictures.
_LITTLE_SPACE_BYTES: Final = 2 * _GIB
_NO_SPACE_BYTES: Final = 512 * _MIB
_CLOCK_DIFFERENCE_S: Final = 1.0
_PROBE_FOLDER: Final = "health"
_PROBE_BYTES: Final = 4096
_PROBE_KEPT: Final = timedelta(hours=1)


def check_database() -> Finding:
    """Ask the database for a number, then how it is."""
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    latency_ms = since(started)
    complaint, facts = _look_at_sqlite() if sql.is_sqlite() else _look_at_postgres()
    if not complaint and latency_ms > _SLOW_DATABASE_MS:
        complaint = "It answers slowly. See what else its machine does."
    return _judge(complaint, facts, latency_ms)


def _look_at_sqlite() -> tuple[str, str]:
    file = Path(str(connection.settings_dict["NAME"]))
    size, log_bytes = _size_of(file), _size_of(file.with_name(f"{file.name}-wal"))
    complaint = ""
    if log_bytes > _LARGE_LOG_BYTES:
        complaint = "Its log is not emptied: something reads for hours. Restart what does, a backup for instance."
    return complaint, f"SQLite {_sqlite_version()}, {_megabytes(size)} and {_megabytes(log_bytes)} of log."


def _sqlite_version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()")
        return str(cursor.fetchone()[0])


def _look_at_postgres() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database()), "
            "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), "
            "current_setting('max_connections')::int"
        )
        version, size, used, most = cursor.fetchone()
    complaint = ""
    if used >= most * _MOST_CONNECTIONS:
        complaint = "Nearly all of its connections are in use. Raise max_connections, or run fewer processes."
    return complaint, f"PostgreSQL {version}, {_megabytes(size)}, {used} of {most} connections in use."


def check_cache() -> Finding:
    """Put something into the cache and take it out again."""
    key, value = f"health:{secrets.token_hex(8)}", secrets.token_hex(8)
    started = time.monotonic()
    cache.set(key, value, 60)
    found = cache.get(key)
    cache.delete(key)
    if found != value:
        raise Trouble("What is put into it cannot be taken out again. Restart the process that it belongs to.")
    return _judge("", "Takes and gives.", since(started))


def check_storage() -> Finding:
    """Write a small file to where pictures lie, read it and delete it."""
    content = secrets.token_bytes(_PROBE_BYTES)
    started = time.monotonic()
    try:
        name = default_storage.save(f"{_PROBE_FOLDER}/{secrets.token_hex(12)}", ContentFile(content))
        try:
            with default_storage.open(name, "rb") as file:
                same = file.read() == content
        finally:
            default_storage.delete(name)
        latency_ms = since(started)
        _remove_old_probes()
    except OSError as error:
        raise Trouble(f"Files cannot be written ({error.strerror or type(error).__name__}). {_STORAGE_HINT}") from error
    if not same:
        raise Trouble(f"A file came back changed. {_STORAGE_HINT}")
    return _judge("", "Takes, gives and deletes files.", latency_ms)


_STORAGE_HINT: Final = "Check the space on the disk and the owner of the media folder, or the bucket and its key."


def _remove_old_probes() -> None:
    """Remove what a check left that was killed between writing and deleting."""
    for file in default_storage.listdir(_PROBE_FOLDER)[1]:
        name = f"{_PROBE_FOLDER}/{file}"
        if default_storage.get_modified_time(name) < timezone.now() - _PROBE_KEPT:
            default_storage.delete(name)


def check_broker() -> Finding:
    """Ask the broker how many rings it holds for each queue that a worker serves."""
    queues = sorted({*STANDARD, *(queue for worker in live_workers() for queue in worker.queues)})
    started = time.monotonic()
    try:
        depths = {queue: ringer.current().depth(queue) for queue in queues}
    except Exception as error:
        raise Trouble(
            f"It does not answer ({type(error).__name__}). Jobs are accepted and wait until it does. "
            "Check that it runs and that CELERY_BROKER_URL is right."
        ) from error
    held = ", ".join(f"{depth} in {queue}" for queue, depth in depths.items() if depth)
    return _judge("", f"Reachable; rings on their way: {held or 'none'}.", since(started))


def check_workers() -> Finding:
    """Look whether somebody does each kind of work, and whether jobs wait for too long."""
    started = time.monotonic()
    workers = live_workers()
    lacking = find_lacking(workers)
    slots = sum(worker.slots - worker.lost_slots for worker in workers if not worker.draining)
    facts = f"{len(workers)} alive with {slots} slots, {sum(worker.active for worker in workers)} of them busy."
    if lacking:
        raise Trouble(" ".join(lacking))
    complaints = [*_complain_of_slots(workers), *_complain_of_queues()]
    return _judge(" ".join(complaints), facts, since(started))


def _complain_of_slots(workers: list[Worker]) -> list[str]:
    lost = [worker.name for worker in workers if worker.lost_slots]
    return [f"Slots are lost to work that does not end, at {', '.join(lost)}. Restart these workers."] if lost else []


def _complain_of_queues() -> list[str]:
    complaints = []
    paused = list(Queue.objects.filter(paused_at__isnull=False).order_by("name").values_list("name", flat=True))
    if paused:
        complaints.append(f"Paused: {', '.join(paused)}. Resume them when their work may go on.")
    late = Job.objects.filter(state=State.WAITING, place__isnull=False, run_at__lt=Now() - _LONG_WAIT)
    queues = sorted(set(late.exclude(queue__in=paused).values_list("queue", flat=True).distinct()))
    if queues:
        minutes = int(_LONG_WAIT.total_seconds() // 60)
        complaints.append(f"Jobs have waited for over {minutes} minutes in {', '.join(queues)}. Start more workers.")
    return complaints


def check_beat() -> Finding:
    """Look when a beat last said that it fires schedules."""
    started = time.monotonic()
    life = beat_life.find_life()
    if life is None:
        raise Trouble("No beat has ever fired here, so nothing starts by the clock. Start one: nightdesk beat")
    if not life.is_alive:
        minutes = max(1, round(life.age_s / 60))
        raise Trouble(f"No sign of life for {minutes} min, so nothing starts by the clock. Start one: nightdesk beat")
    return _judge("", f"Fires schedules, last seen at {life.holder}.", since(started))


def check_disk() -> Finding:
    """Look how much space is left where data, and where pictures are."""
    started = time.monotonic()
    places = {Path(settings.DATA_DIR)}
    if isinstance(default_storage, FileSystemStorage):
        places |= {media} if (media := Path(default_storage.location)).is_dir() else set()
    found = {(usage := shutil.disk_usage(place)).total: (place, usage) for place in sorted(places)}
    least = min(usage.free for _, usage in found.values())
    facts = "; ".join(
        f"{_megabytes(usage.free)} of {_megabytes(usage.total)} free at {place}" for place, usage in found.values()
    )
    if least < _NO_SPACE_BYTES:
        raise Trouble(f"Hardly any space is left: {facts}. Make room before writes fail.")
    complaint = "Space runs out. Make room, or keep things for fewer days." if least < _LITTLE_SPACE_BYTES else ""
    return _judge(complaint, f"{facts}.", since(started))


def check_clock() -> Finding:
    """Compare this machine's clock with the database's, which decides what is due."""
    started = time.monotonic()
    before = datetime.now(UTC)
    found = sql.fetch_one(_NOW)
    after = datetime.now(UTC)
    theirs = sql.from_time(found[0]) if found else None
    if theirs is None:
        raise Trouble("The database does not say what time it is.")
    # Somewhere in the time that the answer took: only what lies outside of it is a difference.
    apart_s = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
    complaint = ""
    if apart_s > _CLOCK_DIFFERENCE_S:
        complaint = "This machine and the database disagree about the time. Let both follow one time server."
    return _judge(complaint, f"{apart_s:.1f} s apart from the database.", since(started))


_NOW: Final = sql.Statement("SELECT {now}")

PARTS: Final[dict[str, Probe]] = {
    "database": check_database,
    "cache": check_cache,
    "storage": check_storage,
    "broker": check_broker,
    "workers": check_workers,
    "beat": check_beat,
    "disk": check_disk,
    "clock": check_clock,
}


def _judge(complaint: str, facts: str, latency_ms: float) -> Finding:
    verdict = Verdict.WARNING if complaint else Verdict.OK
    return Finding(verdict=verdict, detail=f"{complaint} {facts}".strip(), latency_ms=latency_ms)


def _size_of(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # in memory, or not written yet
        return 0


def _megabytes(size: Any) -> str:
    return f"{int(size) / _GIB:.1f} GiB" if size >= _GIB else f"{int(size) / _MIB:.0f} MiB"
