"""Senders and servers of the tests about SMTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nightdesk.providers.mail.smtp.sender import Smtp
from tests.contract.mail.letters import make_smtp
from tests.support.certificates import make_certificate
from tests.support.smtp import SmtpSink


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as server:
        yield server


@pytest.fixture
def sender(sink: SmtpSink) -> Iterator[Smtp]:
    made = make_smtp(sink)
    yield made
    made.close()


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a certificate that this machine trusts."""
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate
