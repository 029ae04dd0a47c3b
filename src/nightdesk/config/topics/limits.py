"""How much of the API one caller may use."""

from dataclasses import dataclass

from nightdesk.config.environment import Environment, Topic, refuse
from nightdesk.httpkit.rates import Rate, parse_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Shares of requests; None is no limit."""

    api: Rate | None
    anonymous: Rate | None
    sign_in: Rate | None
    mail: Rate | None


def read_limits(environment: Environment) -> Limits:
    """Read the rates of the API, of sign-in attempts and of requests that send mail."""
    topic = environment.topic("Limits")
    return Limits(
        api=_read_rate(
            topic,
            "NIGHTDESK_API_RATE",
            default="1200/m",
            meaning="API requests of one token, or of one person's pages.",
        ),
        anonymous=_read_rate(
            topic,
            "NIGHTDESK_API_ANONYMOUS_RATE",
            default="60/m",
            meaning="API requests without a valid token, from one address.",
        ),
        sign_in=_read_rate(
            topic,
            "NIGHTDESK_SIGN_IN_RATE",
            default="10/m",
            meaning="Attempts to sign in, from one address and on one account.",
        ),
        mail=_read_rate(
            topic,
            "NIGHTDESK_MAIL_RATE",
            default="60/m",
            meaning="API requests that send mail, of one token, or of one person's pages; a mailing counts once.",
        ),
    )


def _read_rate(topic: Topic, name: str, *, default: str, meaning: str) -> Rate | None:
    raw = topic.text(name, default=default, meaning=f"{meaning} Like `600/m`, `10/15m`, or `off`.", kind="rate")
    try:
        return parse_rate(raw)
    except ValueError:
        raise refuse(name, f"must be a rate like 600/m, 10/15m or off, not {raw!r}.") from None
