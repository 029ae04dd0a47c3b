"""Queues as folders: what the file broker keeps on disk, and the moves that make it safe for many processes.

    queues/<queue>/<time>-<random>.msg   messages, oldest name first
    queues/<queue>/alive                 only for a queue that dies with its reader; touched while it is read
    exchanges/<exchange>/*.json          one binding a file: bound by writing it, unbound by removing it
    drafts/ claimed/ unreadable/         being written, being read, could not be read

A message is written to `drafts` and moved into its queue, so no reader ever meets half of one. A reader claims it by
moving it to `claimed`: of many readers one move succeeds, the others find nothing there and go on. No file is locked,
so the same holds on Windows. Whoever is killed between claim and delivery takes that one message along.
"""

import contextlib
import hashlib
import heapq
import json
import os
import re
import secrets
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

#: Names read from one listing: few enough that readers of a queue seldom race for all of them, many enough that
#: a queue of thousands is not listed for each message.
BATCH: Final = 64
SUFFIX: Final = ".msg"
#: Clients ask for 10 s, but a solo worker reads nothing while it runs a job. Nobody is harmed by a longer life.
LEAST_LIFE_S: Final = 60.0
_TOUCH_EVERY_S: Final = 1.0
#: A folder changed twice within one tick of its clock (2 s on FAT) looks unchanged: only older listings are kept.
_SETTLED_NS: Final = 3_000_000_000

_SAFE_NAME: Final = re.compile(r"[a-z0-9_][a-z0-9_.@-]{0,79}(?<!\.)")
_DEVICE_NAME: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


class _Names:
    """File names that sort in the order in which this process made them and, by the clock, among those of others."""

    def __init__(self) -> None:
        self._last_ns = 0
        self.renew_lock()

    def renew_lock(self) -> None:
        """Start with a free lock: a fork may happen while another thread holds it."""
        self._lock = threading.Lock()

    def make(self) -> str:
        """Make the next name; a clock that is set back does not matter."""
        with self._lock:
            self._last_ns = max(self._last_ns + 1, time.time_ns())
            return f"{self._last_ns:020d}-{secrets.token_hex(6)}{SUFFIX}"


_names = _Names()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_names.renew_lock)


def as_folder_name(name: str) -> str:
    """Turn a queue's or exchange's name into a folder name: different names stay different on every file system."""
    if _SAFE_NAME.fullmatch(name) and not _DEVICE_NAME.fullmatch(name):
        return name
    readable = re.sub(r"[^a-z0-9_@-]", "_", name.lower())[:60]
    return f"{readable}~{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


class Binding(NamedTuple):
    """That messages of an exchange reach `queue`; `life_s` is 0 for a queue that lives without a reader."""

    routing_key: str
    pattern: str
    queue: str
    life_s: float


class FileStore:
    """The queues and bindings under one folder. Any number of processes may hold one; threads share it with care."""

    def __init__(self, root: Path) -> None:
        """Use `root`, made when the first thing is put there."""
        self.root = root
        self._drafts, self._claimed, self._unreadable = root / "drafts", root / "claimed", root / "unreadable"
        self._folders: dict[str, Path] = {}
        self._batches: dict[str, deque[str]] = {}
        self._empty_since: dict[Path, int] = {}
        self._lives: dict[str, float] = {}
        self._touched: dict[str, float] = {}
        self._tables: dict[str, tuple[int, list[Binding]]] = {}

    def declare(self, queue: str, *, life_s: float = 0) -> None:
        """Make the queue; with `life_s` it is removed once nobody has read it for that long. Safe to repeat."""
        self._folder(queue).mkdir(parents=True, exist_ok=True)
        if life_s:
            self._lives[queue] = max(life_s, LEAST_LIFE_S)
            self._alive_file(queue).touch()

    def declare_again(self, queue: str) -> None:
        """Make a queue that was declared here before and has been removed by somebody else."""
        self.declare(queue, life_s=self._lives.get(queue, 0))

    def has(self, queue: str) -> bool:
        """Whether somebody declared the queue and nobody removed it."""
        return self._folder(queue).is_dir()

    def put(self, queue: str, message: bytes) -> None:
        """Add a message, whole or not at all; a queue that is not there is made.

        Raises:
            OSError: the disk is full or the folder cannot be written to.
        """
        name = _names.make()
        draft, target = self._drafts / name, self._folder(queue) / name
        try:
            _write(draft, message)
            try:
                draft.replace(target)
            except FileNotFoundError:
                target.parent.mkdir(parents=True, exist_ok=True)
                draft.replace(target)
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def claim(self, queue: str) -> Path | None:
        """Take the oldest message that nobody took: its file is the caller's to read and remove. None: no message."""
        names = self._batches.setdefault(queue, deque())
        folder = self._folder(queue)
        if claimed := self._claim_first(folder, names):
            return claimed
        names.extend(heapq.nsmallest(BATCH, self._list_new(folder)))
        return self._claim_first(folder, names)

    def _list_new(self, folder: Path) -> list[str]:
        """List the messages, unless the folder is as it was when there were none: an idle reader looks 20 times a second."""
        try:
            changed_ns = folder.stat().st_mtime_ns
        except FileNotFoundError:
            return []
        if self._empty_since.get(folder) == changed_ns:
            return []
        names = _list_messages(folder)
        if not names and time.time_ns() - changed_ns > _SETTLED_NS:
            self._empty_since[folder] = changed_ns
        return names

    def _claim_first(self, folder: Path, names: deque[str]) -> Path | None:
        while names:
            if claimed := self._move_to_claimed(folder, names.popleft()):
                return claimed
        return None

    def _move_to_claimed(self, folder: Path, name: str) -> Path | None:
        claimed = self._claimed / name
        try:
            (folder / name).replace(claimed)
        except FileNotFoundError:
            if self._claimed.is_dir():
                return None  # another reader was faster
            self._claimed.mkdir(parents=True, exist_ok=True)
            return self._move_to_claimed(folder, name)
        except PermissionError:
            return None  # Windows: something else has the file open just now; the next listing offers it again
        return claimed

    def set_aside(self, queue: str, claimed: Path) -> Path:
        """Keep a claimed file that is no message where a person can look at it, and say where."""
        self._unreadable.mkdir(parents=True, exist_ok=True)
        return claimed.replace(self._unreadable / f"{as_folder_name(queue)}-{claimed.name}")

    def count(self, queue: str) -> int:
        """Count the messages that wait."""
        return len(_list_messages(self._folder(queue)))

    def purge(self, queue: str) -> int:
        """Remove the messages that wait and say how many."""
        self._batches.pop(queue, None)
        folder = self._folder(queue)
        removed = 0
        for name in _list_messages(folder):
            with contextlib.suppress(OSError):  # a reader was faster
                (folder / name).unlink()
                removed += 1
        return removed

    def remove(self, queue: str) -> None:
        """Unbind the queue everywhere and remove it with its messages. Safe to repeat, from any process."""
        for folder in _list_folders(self.root / "exchanges"):
            for file in folder.glob(f"{as_folder_name(queue)}=*.json"):
                file.unlink(missing_ok=True)
        shutil.rmtree(self._folder(queue), ignore_errors=True)
        self._batches.pop(queue, None)

    def bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        """Let messages of `exchange` reach `queue`. Safe to repeat, from any process."""
        text = json.dumps([routing_key, pattern, queue, self._lives.get(queue, 0)]).encode()
        file = f"{as_folder_name(queue)}={hashlib.sha256(text).hexdigest()[:16]}.json"
        draft = self._drafts / f"{file}-{secrets.token_hex(6)}"
        _write(draft, text)
        target = self.root / "exchanges" / as_folder_name(exchange) / file
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(target)

    def bindings(self, exchange: str) -> list[Binding]:
        """List the bindings of an exchange; queues whose reader is gone for good are removed on the way."""
        live = []
        for binding in self._read_table(exchange):
            if binding.life_s and self._is_dead(binding):
                self.remove(binding.queue)
            else:
                live.append(binding)
        return live

    def keep_alive(self, queue: str) -> bool:
        """Say that the queue is being read; return False if it was removed meanwhile and must be declared again."""
        if queue not in self._lives or time.monotonic() - self._touched.get(queue, 0) < _TOUCH_EVERY_S:
            return True
        self._touched[queue] = time.monotonic()
        try:
            os.utime(self._alive_file(queue))
        except FileNotFoundError:
            return False
        return True

    def empty(self) -> None:
        """Remove every queue, binding and message. What could not be read stays for a person to look at."""
        for folder in ("queues", "exchanges", "drafts", "claimed"):
            shutil.rmtree(self.root / folder, ignore_errors=True)

    def _folder(self, queue: str) -> Path:
        if queue not in self._folders:
            self._folders[queue] = self.root / "queues" / as_folder_name(queue)
        return self._folders[queue]

    def _alive_file(self, queue: str) -> Path:
        return self._folder(queue) / "alive"

    def _is_dead(self, binding: Binding) -> bool:
        try:
            read_at = self._alive_file(binding.queue).stat().st_mtime
        except FileNotFoundError:
            return True
        return time.time() - read_at > binding.life_s

    def _read_table(self, exchange: str) -> list[Binding]:
        folder = self.root / "exchanges" / as_folder_name(exchange)
        try:
            changed_ns = folder.stat().st_mtime_ns
        except FileNotFoundError:
            return []
        known = self._tables.get(exchange)
        if known and known[0] == changed_ns:
            return known[1]
        table = list(_read_bindings(folder))
        if time.time_ns() - changed_ns > _SETTLED_NS:
            self._tables[exchange] = (changed_ns, table)
        return table


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _list_messages(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as found:
            return [entry.name for entry in found if entry.name.endswith(SUFFIX)]
    except FileNotFoundError:
        return []


def _list_folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as found:
            return [Path(entry.path) for entry in found if entry.is_dir()]
    except FileNotFoundError:
        return []


def _read_bindings(folder: Path) -> Iterator[Binding]:
    for file in sorted(folder.glob("*.json")):
        try:
            yield Binding(*json.loads(file.read_bytes()))
        except (OSError, ValueError, TypeError):
            continue  # unbound this moment, or not ours
