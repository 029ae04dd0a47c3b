"""What a server's answers mean (RFC 5321, RFC 3463), in our errors and with its words, cleaned of secrets."""

import base64
import math
import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from nightdesk.core.errors import Misconfigured, OperationalFault, Permanent, Transient
from nightdesk.providers.mail.options import (
    HOST_SETTING,
    PASSWORD_SETTING,
    SECURITY_SETTING,
    SENDER_SETTING,
    USER_SETTING,
    MailOptions,
)
from nightdesk.providers.mail.protocol import MailDelayed, RecipientRefused, SenderBusy
from nightdesk.providers.mail.words import clean_words
from nightdesk.providers.wire.retrying import MOST_RETRY_AFTER_S

#: Where in the conversation it was said. `letter` is the answer to the whole letter.
Phase = Literal["greeting", "hello", "encryption", "sign-in", "sender", "recipient", "data", "letter"]

PAUSE_S: Final = 60.0
_LEAST_PAUSE_S: Final = 1.0
_BUSY: Final = frozenset({421, 454})
_DEAD: Final = frozenset({550, 551, 553})
_NOT_SIGNED_IN: Final = frozenset({530, 534, 535, 538})
#: An enhanced code in front of the words: 5.1.1 no such mailbox, 5.7.1 not allowed.
_ENHANCED: Final = re.compile(r"^[245]\.(\d{1,3})\.\d{1,3}\b")
_WAIT: Final = re.compile(r"\b(\d{1,5})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b", re.IGNORECASE)
_UNIT_S: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3600}


class Reply(NamedTuple):
    """An answer of the server. `code` is -1 where it is none that SMTP knows."""

    code: int
    words: bytes

    @property
    def is_final(self) -> bool:
        """Whether it says how a command ended."""
        return 200 <= self.code < 300 or 400 <= self.code < 600


class Explainer:
    """Turns the answers of one server into errors. No error holds the password, in whatever spelling the server has it."""

    def __init__(self, options: MailOptions) -> None:
        """Know what must not be shown."""
        self._secrets = _spell(options)
        self._host = f"{options.host}:{options.port}"

    def explain(self, phase: Phase, reply: Reply) -> OperationalFault:
        """Return what to raise where a command was not accepted."""
        if not reply.is_final or reply.code < 400:
            return Transient(f"{self._host} does not speak SMTP as it should. Check the address and the port.")
        if reply.code in _BUSY:
            return self._explain_busy(reply)
        if phase == "sign-in":
            return self._explain_sign_in(reply)
        if reply.code < 500:
            return MailDelayed(
                f"The mail server does not take this just now ({self.quote(reply)}). It is sent again later.",
                smtp_code=reply.code,
            )
        if reply.code in _NOT_SIGNED_IN:
            return Misconfigured(
                f"The mail server wants us to sign in, or to encrypt ({self.quote(reply)}). Set {USER_SETTING} and "
                f"{PASSWORD_SETTING}, and check {SECURITY_SETTING}.",
                setting=USER_SETTING,
            )
        return _REFUSALS.get(phase, _refuse_us)(self, reply)

    def quote(self, reply: Reply) -> str:
        """Return code and words of an answer on one line, for people."""
        return clean_words(f"{reply.code} {reply.words.decode('utf-8', 'replace')}", secrets=self._secrets)

    def _explain_busy(self, reply: Reply) -> SenderBusy:
        pause_s = read_pause_s(reply)
        return SenderBusy(
            f"The mail server asked us to pause ({self.quote(reply)}). Mail is sent again in {math.ceil(pause_s)} s.",
            retry_after_s=pause_s,
            smtp_code=reply.code,
        )

    def _explain_sign_in(self, reply: Reply) -> OperationalFault:
        # Its words are not shown: of all places, a server may repeat here what it was given.
        if reply.code < 500:
            return MailDelayed(
                f"The mail server could not sign us in just now ({reply.code}). It is tried again.",
                smtp_code=reply.code,
            )
        if reply.code in {534, 538}:
            return Misconfigured(
                f"The mail server does not let us sign in so ({reply.code}). It may want encryption, or a password made "
                f"for programs. Check {SECURITY_SETTING} and {PASSWORD_SETTING}.",
                setting=PASSWORD_SETTING,
            )
        return Misconfigured(
            f"The mail server does not accept {USER_SETTING} and {PASSWORD_SETTING} ({reply.code}). Correct them, then "
            "start Nightdesk again.",
            setting=PASSWORD_SETTING,
        )


def read_pause_s(reply: Reply) -> float:
    """Return for how long a server wants to be left alone: the longest time that it names, else a minute."""
    named_s = [
        int(number) * _UNIT_S[unit[0].lower()] for number, unit in _WAIT.findall(reply.words.decode("utf-8", "replace"))
    ]
    return min(max([_LEAST_PAUSE_S, *named_s] if named_s else [PAUSE_S]), MOST_RETRY_AFTER_S)


# ---------------------------------------------------------------- refusals for good (5xx)


def _refuse_us(explainer: Explainer, reply: Reply) -> OperationalFault:
    return Permanent(
        f"The mail server does not want to hear from us ({explainer.quote(reply)}). Ask whoever runs it, and check "
        f"{HOST_SETTING}."
    )


def _refuse_sender(explainer: Explainer, reply: Reply) -> OperationalFault:
    if reply.code == 552:
        return Permanent(f"The mail server finds this mail too large ({explainer.quote(reply)}).")
    return Misconfigured(
        f"The mail server refused our sender's address ({explainer.quote(reply)}). Correct {SENDER_SETTING}.",
        setting=SENDER_SETTING,
    )


def _refuse_recipient(explainer: Explainer, reply: Reply) -> OperationalFault:
    return RecipientRefused(
        f"The mail server refused this recipient ({explainer.quote(reply)}). Check the address.",
        smtp_code=reply.code,
        is_dead=reply.code in _DEAD and _subject_of(reply) not in {"7", "4", "3"},
    )


def _refuse_letter(explainer: Explainer, reply: Reply) -> OperationalFault:
    # Said of the whole letter, 550 is mostly about what is in it; only 5.1.x is about who it is for.
    return RecipientRefused(
        f"The mail server refused this mail ({explainer.quote(reply)}).",
        smtp_code=reply.code,
        is_dead=reply.code in _DEAD and _subject_of(reply) == "1",
    )


_REFUSALS: Final[Mapping[str, Callable[[Explainer, Reply], OperationalFault]]] = {
    "sender": _refuse_sender,
    "recipient": _refuse_recipient,
    "data": _refuse_letter,
    "letter": _refuse_letter,
}


def _subject_of(reply: Reply) -> str:
    """Return what an enhanced code is about: 1 addresses, 2 the mailbox, 7 policy; "" where there is none."""
    found = _ENHANCED.match(reply.words.decode("utf-8", "replace"))
    return found[1] if found else ""


def _spell(options: MailOptions) -> tuple[str, ...]:
    if not options.password:
        return ()
    plain = options.password.encode()
    user = options.username.encode()
    coded = (base64.b64encode(one).decode() for one in (plain, b"\0" + user + b"\0" + plain))
    return (options.password, *coded)
