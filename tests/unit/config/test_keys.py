"""Keys that are made once."""

import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from nightdesk.config.keys import ENCRYPTION_FILE, SIGNING_FILE, keep_encryption_keys, keep_secret_key
from nightdesk.core.errors import Misconfigured


def test_key_is_made_once_and_then_kept(tmp_path: Path) -> None:
    first = keep_secret_key(tmp_path / "data")
    assert len(first) >= 50
    assert keep_secret_key(tmp_path / "data") == first
    assert [path.name for path in (tmp_path / "data").iterdir()] == [SIGNING_FILE]


def test_encryption_key_that_was_made_encrypts(tmp_path: Path) -> None:
    (key,) = keep_encryption_keys(tmp_path)
    assert Fernet(key).decrypt(Fernet(key).encrypt(b"brief")) == b"brief"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_key_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    keep_secret_key(tmp_path)
    keep_encryption_keys(tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {SIGNING_FILE: 0o600, ENCRYPTION_FILE: 0o600}


def test_many_first_calls_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        keys = set(threads.map(lambda _: keep_secret_key(tmp_path), range(64)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == [SIGNING_FILE]


def test_empty_key_file_is_refused_not_replaced(tmp_path: Path) -> None:
    (tmp_path / SIGNING_FILE).write_text("\n")
    with pytest.raises(Misconfigured, match=r"^NIGHTDESK_DATA_DIR holds an empty secret\.key\."):
        keep_secret_key(tmp_path)
    assert (tmp_path / SIGNING_FILE).read_text() == "\n"


def test_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(Misconfigured, match=r"^NIGHTDESK_DATA_DIR cannot be used: "):
        keep_secret_key(tmp_path / "data")
