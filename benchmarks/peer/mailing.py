"""The peer of mailings: Django's SMTP backend, a connection for each mail. `python -m benchmarks.peer.mailing PORT COUNT THREADS TLS`.

It sends the mail that it reads from standard input to so many recipients and prints how many went out a second. There is
no database, no template and no worker: as fast as a loop over `EmailMessage.send()` can be.
"""

import email
import email.policy
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from benchmarks.mail_sink import PASSWORD, USER


def main() -> None:
    """Send, and print the rate."""
    port, count, threads, is_encrypted = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "tls"
    settings.configure(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        EMAIL_USE_SSL=is_encrypted,
        EMAIL_HOST_USER=USER if is_encrypted else "",
        EMAIL_HOST_PASSWORD=PASSWORD if is_encrypted else "",
        EMAIL_TIMEOUT=20,
    )
    read = email.message_from_string(sys.stdin.read(), _class=EmailMessage, policy=email.policy.default)
    text, html = (read.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None

    def send(number: int) -> None:
        mail = EmailMultiAlternatives(
            str(read["Subject"]), text.get_content(), str(read["From"]), [f"reader{number}@example.net"]
        )
        mail.attach_alternative(html.get_content(), "text/html")
        assert mail.send() == 1

    send(0)
    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(send, range(count)))
    print(count / (time.monotonic() - began))


if __name__ == "__main__":
    main()
