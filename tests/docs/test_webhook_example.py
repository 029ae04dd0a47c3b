"""The receiver in the page about webhooks takes what we send, once, and nothing else."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.webhooks.sending import Sent, send
from nightdesk.providers.webhooks.signing import make_secret
from tests.docs.pages import page
from tests.support.processes import find_free_port, is_listening, wait_until

SECRET = make_secret()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    (source,) = page("docs/webhooks.md").blocks("python")
    (tmp_path / "receiver.py").write_text(source)
    port = find_free_port()
    with subprocess.Popen(
        [sys.executable, "receiver.py"],
        cwd=tmp_path,
        env={"PORT": str(port), "WEBHOOK_SECRET": SECRET},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            wait_until(lambda: is_listening(port), 20, "the receiver listens")
            yield process, f"http://127.0.0.1:{port}/"
        finally:
            process.kill()


def deliver(url: str, *secrets: str) -> Sent:
    return send(
        url=url,
        secrets=secrets,
        webhook_id="msg_1",
        body=json.dumps({"type": "post.finished", "data": {"post_id": 7}}).encode(),
        options=PublishingOptions(private_hosts=frozenset(["127.0.0.1"])),
        check=lambda: None,
        time_left_s=lambda: None,
    )


def test_receiver_of_the_page_takes_a_delivery_once(receiver: tuple[subprocess.Popen[str], str]) -> None:
    process, url = receiver
    stranger, first, again = deliver(url, make_secret()), deliver(url, make_secret(), SECRET), deliver(url, SECRET)

    assert [one.status for one in (stranger, first, again)] == [401, 204, 204]
    assert process.stdout is not None
    assert process.stdout.readline().splitlines() == ['post.finished {"post_id": 7}']
