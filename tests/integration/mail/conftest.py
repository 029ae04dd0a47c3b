"""A mail server on a loopback port, and the product set to send through it."""

from collections.abc import Iterator

import pytest

from nightdesk.providers.mail import registry
from nightdesk.providers.mail.options import MailOptions
from tests.support.smtp import SmtpSink


@pytest.fixture
def smtp() -> Iterator[SmtpSink]:
    before = registry.configured()
    with SmtpSink() as sink:
        registry.configure(
            MailOptions(
                sender_address="Studio <desk@studio.example>",
                host=sink.host,
                port=sink.port,
                security="none",
                timeout_s=5.0,
            )
        )
        yield sink
        registry.find_sender().close()
    registry.configure(before)
