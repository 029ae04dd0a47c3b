"""The peers of mailings, without database, templates and worker: `python -m benchmarks.peer.mailing WHAT PORT COUNT THREADS SECURITY`.

The mail that is read from standard input goes to so many recipients; printed is how many went out a second. `django` is its
SMTP backend with a connection for each mail, `ours` our sender alone.
"""

import email
import email.policy
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

from django.conf import settings

from benchmarks.mail_sink import PASSWORD, USER

Send = Callable[[int], None]


def main() -> None:
    """Send, and print the rate."""
    what, port, count, threads, is_encrypted = *sys.argv[1:2], *map(int, sys.argv[2:5]), sys.argv[5] == "starttls"
    mail = sys.stdin.read()
    send = {"django": send_by_django, "ours": send_by_ours}[what](mail, port=port, is_encrypted=is_encrypted)
    send(0)
    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(send, range(1, count + 1)))
    print(count / (time.monotonic() - began))


def django_settings(*, port: int, is_encrypted: bool) -> dict[str, object]:
    """Return what Django's backend wants to know."""
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
        "EMAIL_USE_TLS": is_encrypted,
        "EMAIL_HOST_USER": USER if is_encrypted else "",
        "EMAIL_HOST_PASSWORD": PASSWORD if is_encrypted else "",
        "EMAIL_TIMEOUT": 20,
    }


def send_by_django(mail: str, *, port: int, is_encrypted: bool) -> Send:
    """Send as `EmailMessage.send()` does."""
    settings.configure(**django_settings(port=port, is_encrypted=is_encrypted))
    return write_and_send(mail)


def write_and_send(mail: str) -> Send:
    """Write each mail from its texts, and send it on a connection of its own."""
    from django.core.mail import EmailMultiAlternatives

    read = email.message_from_string(mail, _class=EmailMessage, policy=email.policy.default)
    text, html = (part.get_content() for kind in ("plain", "html") if (part := read.get_body((kind,))) is not None)
    subject, sender = str(read["Subject"]), str(read["From"])

    def send(number: int) -> None:
        written = EmailMultiAlternatives(subject, text, sender, [f"reader{number}@example.net"])
        written.attach_alternative(html, "text/html")
        if written.send() != 1:
            raise RuntimeError(f"mail {number} was not sent")

    return send


def send_by_ours(mail: str, *, port: int, is_encrypted: bool) -> Send:
    """Send with our sender: the same bytes to each, but for the Message-ID."""
    from nightdesk.providers.mail.options import MailOptions
    from nightdesk.providers.mail.protocol import Letter
    from nightdesk.providers.mail.smtp.sender import Smtp

    signed_in = {"username": USER, "password": PASSWORD} if is_encrypted else {}
    sender = Smtp(
        MailOptions(host="127.0.0.1", port=port, security="starttls" if is_encrypted else "none", **signed_in)
    )
    before, _, after = mail.partition("Message-ID: <")
    raw = "\r\n".join(f"{before}Message-ID: <{{number}}-{after}".splitlines()).encode()

    def send(number: int) -> None:
        letter = Letter(
            key=str(number),
            message_id=str(number),
            envelope_from="desk@example.org",
            recipient=f"reader{number}@example.net",
            raw=raw.replace(b"{number}", b"%d" % number) + b"\r\n",
        )
        sender.send(letter, check=lambda: None)

    return send


if __name__ == "__main__":
    main()
