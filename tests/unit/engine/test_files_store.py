"""The folders of the file broker: names, claims, bindings, lives."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.engine.file_store import BATCH, LEAST_LIFE_S, Binding, FileStore, as_folder_name


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "broker")


def take(store: FileStore, queue: str) -> list[bytes]:
    taken = []
    while claimed := store.claim(queue):
        taken.append(claimed.read_bytes())
        claimed.unlink()
    return taken


def test_messages_come_out_in_the_order_they_went_in(store: FileStore) -> None:
    sent = [b"%d" % number for number in range(3 * BATCH)]

    for message in sent:
        store.put("default", message)

    assert take(store, "default") == sent


def test_messages_that_arrive_during_a_batch_come_after_it(store: FileStore) -> None:
    store.put("default", b"first")
    store.put("default", b"second")
    claimed = store.claim("default")
    assert claimed is not None
    store.put("default", b"third")

    assert [claimed.read_bytes(), *take(store, "default")] == [b"first", b"second", b"third"]


def test_order_holds_when_the_clock_is_set_back(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put("default", b"before")
    an_hour_ago = time.time_ns() - 3_600_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: an_hour_ago)
    store.put("default", b"after")

    assert take(store, "default") == [b"before", b"after"]


def test_claim_of_a_message_that_another_store_took_goes_on_to_the_next(store: FileStore, tmp_path: Path) -> None:
    for message in (b"a", b"b", b"c", b"d"):
        store.put("default", message)
    other = FileStore(tmp_path / "broker")

    claims = [each.claim("default") for each in (store, other, store, other)]

    assert [claim.read_bytes() for claim in claims if claim] == [b"a", b"b", b"c", b"d"]
    assert store.claim("default") is None
    assert other.claim("default") is None


def test_message_after_a_long_silence_is_found(store: FileStore, tmp_path: Path) -> None:
    store.declare("default")
    os.utime(tmp_path / "broker" / "queues" / "default", (1, 1))  # nothing has happened there for long
    silence = [store.claim("default") for _ in range(2)]
    FileStore(tmp_path / "broker").put("default", b"at last")

    assert (silence, take(store, "default")) == ([None, None], [b"at last"])


def test_draft_is_never_seen_as_a_message(store: FileStore, tmp_path: Path) -> None:
    store.declare("default")
    (tmp_path / "broker" / "drafts").mkdir(parents=True)
    (tmp_path / "broker" / "drafts" / "00000000000000000001-abc.msg").write_bytes(b"ha")

    assert store.claim("default") is None
    assert store.count("default") == 0


def test_purge_removes_what_waits_in_one_queue_only(store: FileStore) -> None:
    for queue in ("default", "default", "publish"):
        store.put(queue, b"x")

    assert store.purge("default") == 2
    assert (store.count("default"), store.count("publish")) == (0, 1)
    assert store.claim("default") is None


def test_queue_exists_from_its_declaration_to_its_removal(store: FileStore) -> None:
    before = store.has("default")
    store.declare("default")
    between = store.has("default")
    store.remove("default")

    assert (before, between, store.has("default")) == (False, True, False)


def test_removed_queue_is_unbound_everywhere_and_others_stay(store: FileStore) -> None:
    for exchange in ("events", "commands"):
        store.bind(exchange, "#", "^.*?$", "a")
        store.bind(exchange, "#", "^.*?$", "a.b")
    store.remove("a")

    assert [store.bindings(exchange) for exchange in ("events", "commands")] == [[Binding("#", "^.*?$", "a.b", 0)]] * 2


def test_binding_made_by_another_process_is_seen_at_once(store: FileStore, tmp_path: Path) -> None:
    store.bind("commands", "", "", "a")
    seen = [store.bindings("commands")]
    FileStore(tmp_path / "broker").bind("commands", "", "", "b")
    seen.append(store.bindings("commands"))
    FileStore(tmp_path / "broker").remove("a")
    seen.append(store.bindings("commands"))

    assert [[binding.queue for binding in found] for found in seen] == [["a"], ["a", "b"], ["b"]]


def test_bindings_are_read_once_while_nothing_changes(store: FileStore, tmp_path: Path) -> None:
    store.bind("commands", "", "", "a")
    folder = tmp_path / "broker" / "exchanges" / "commands"
    os.utime(folder, (1, 1))  # a change long past
    first = store.bindings("commands")
    next(folder.iterdir()).write_bytes(b"broken")  # what is in a file does not change the folder

    assert store.bindings("commands") == first == [Binding("", "", "a", 0)]


def test_queue_whose_reader_is_gone_is_removed_when_somebody_writes_to_it(store: FileStore, tmp_path: Path) -> None:
    store.declare("reply", life_s=1)
    store.bind("commands", "", "", "reply")
    alive = tmp_path / "broker" / "queues" / "reply" / "alive"
    long_ago = time.time() - LEAST_LIFE_S - 1
    os.utime(alive, (long_ago, long_ago))

    assert store.bindings("commands") == []
    assert not store.has("reply")


def test_queue_that_is_read_stays(store: FileStore, tmp_path: Path) -> None:
    store.declare("reply", life_s=1)
    store.bind("commands", "", "", "reply")
    alive = tmp_path / "broker" / "queues" / "reply" / "alive"
    long_ago = time.time() - LEAST_LIFE_S - 1
    os.utime(alive, (long_ago, long_ago))

    assert store.keep_alive("reply")
    assert store.bindings("commands") == [Binding("", "", "reply", LEAST_LIFE_S)]


def test_keep_alive_says_that_the_queue_was_removed_meanwhile(store: FileStore, tmp_path: Path) -> None:
    store.declare("reply", life_s=1)
    FileStore(tmp_path / "broker").remove("reply")

    assert not store.keep_alive("reply")


def test_empty_leaves_what_could_not_be_read(store: FileStore, tmp_path: Path) -> None:
    store.put("default", b"x")
    store.bind("commands", "", "", "default")
    claimed = store.claim("default")
    assert claimed is not None
    kept = store.set_aside("default", claimed)
    store.put("default", b"y")
    store.empty()

    assert [path.name for path in (tmp_path / "broker").iterdir()] == ["unreadable"]
    assert kept.read_bytes() == b"x"
    store.put("default", b"z")  # and it goes on after that
    assert take(store, "default") == [b"z"]


@given(names=st.lists(st.text(min_size=1), min_size=2, unique=True))
def test_folder_names_of_different_queues_differ_in_any_case(names: list[str]) -> None:
    folders = {as_folder_name(name).lower() for name in names}

    assert len(folders) == len(names)


@given(
    name=st.text(max_size=300) | st.sampled_from(["..", ".", "CON", "nul.txt", "a/b", "a\\b", "C:x", "a.", "A", "é"])
)
def test_folder_name_is_a_plain_name_on_every_file_system(name: str) -> None:
    folder = as_folder_name(name)

    assert 0 < len(folder) <= 100
    assert set(folder) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.@-~")
    assert folder[0] != "."
    assert folder[-1] != "."
    assert folder.partition(".")[0] not in {"con", "prn", "aux", "nul"}
