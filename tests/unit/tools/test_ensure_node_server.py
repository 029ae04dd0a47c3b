"""Servers from npm: what was pinned is what is unpacked, whole or not at all, and a reason where there is none."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from tools import ensure_node_server
from tools.ensure_node_server import Tarball, Unavailable, ensure_package, main


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep servers in a folder of the test's own."""
    monkeypatch.setattr(ensure_node_server, "SERVERS", tmp_path / "servers")
    return tmp_path / "servers"


def make_npm(folder: Path, monkeypatch: pytest.MonkeyPatch, *, line: str = "") -> bytes:
    """Put an `npm` on PATH that packs one small package; return that package."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("package/index.js")
        info.size = 2
        archive.addfile(info, io.BytesIO(b"1;"))
    (folder / "desk.tgz").write_bytes(packed.getvalue())
    script = folder / "npm"
    script.write_text(f"#!/bin/sh\n{line or f'echo called >> {folder}/calls; cp {folder}/desk.tgz desk-1.0.0.tgz'}\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return packed.getvalue()


def test_package_is_unpacked_once(servers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = make_npm(tmp_path, monkeypatch)
    desk = Tarball(name="desk", version="1.0.0", sha256=hashlib.sha256(data).hexdigest())
    folders = {ensure_package(desk), ensure_package(desk)}

    assert folders == {servers / "desk-1.0.0"}
    assert (servers / "desk-1.0.0" / "index.js").read_text() == "1;"
    assert (tmp_path / "calls").read_text() == "called\n"
    assert [one.name for one in servers.iterdir()] == ["desk-1.0.0"]


def test_package_with_another_hash_is_not_unpacked(
    servers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_npm(tmp_path, monkeypatch)
    with pytest.raises(Unavailable, match="its hash differs"):
        ensure_package(Tarball(name="desk", version="1.0.0", sha256="0" * 64))
    assert list(servers.iterdir()) == []


def test_package_that_could_not_be_completed_is_not_there(
    servers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make_npm(tmp_path, monkeypatch)

    def fail(_folder: Path) -> None:
        raise Unavailable("pnpm install failed")

    with pytest.raises(Unavailable, match="pnpm"):
        ensure_package(Tarball(name="desk", version="1.0.0", sha256=hashlib.sha256(data).hexdigest()), fail)
    assert list(servers.iterdir()) == []


def test_npm_that_fails_is_quoted(
    servers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_npm(tmp_path, monkeypatch, line="echo no network here; exit 1")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("sys.platform", "linux")

    assert main(["ghost"]) == 1
    assert capsys.readouterr().out == "ghost cannot be had here: npm pack failed:\nno network here\n.\n"
    assert list(servers.iterdir()) == []


def test_another_machine_is_told_so(
    servers: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "arm64")

    assert main(["ghost"]) == 1
    assert capsys.readouterr().out == (
        "ghost cannot be had here: servers from npm are installed on Linux on x86-64 only.\n"
    )
    assert not servers.exists()


def test_server_that_nobody_knows_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mastodon"]) == 2
    assert capsys.readouterr().err == "usage: ensure_node_server.py ghost|node|pds\n"
