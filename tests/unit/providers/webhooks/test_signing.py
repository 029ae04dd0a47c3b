"""Signatures, held against the specification's own library and its published example."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from nightdesk.providers.webhooks.signing import BadSecret, make_secret, read_secret, sign

#: The example of the specification's test suites.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_signature_is_that_of_the_specification() -> None:
    headers = sign(
        [SECRET], webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp_s=1614265330, body=b'{"test": 2432232314}'
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_any_of_several_secrets_verifies() -> None:
    secrets = [make_secret(), make_secret()]
    now = int(datetime.now(UTC).timestamp())
    headers = sign(secrets, webhook_id="msg_1", timestamp_s=now, body=b"{}")

    assert [Webhook(one).verify(b"{}", headers) for one in secrets] == [{}, {}]


@pytest.mark.parametrize("secret", ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_%%%"])
def test_text_that_is_no_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(BadSecret) as raised:
        read_secret(secret)

    assert len(secret) <= len("whsec_") or secret not in str(raised.value)


@pytest.mark.parametrize(("secrets", "webhook_id"), [([], "msg_1"), ([SECRET], ""), ([SECRET], "a.b")])
def test_delivery_that_could_be_read_in_two_ways_is_not_signed(secrets: list[str], webhook_id: str) -> None:
    with pytest.raises(ValueError, match="a delivery needs"):
        sign(secrets, webhook_id=webhook_id, timestamp_s=1, body=b"")
