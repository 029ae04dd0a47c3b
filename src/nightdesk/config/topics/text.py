"""Which model writes texts, on which server, and what it costs."""

from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import urlsplit

from nightdesk.config.environment import Environment, Topic, refuse
from nightdesk.providers.text.options import (
    KEY_SETTING,
    MODEL_SETTING,
    STRUCTURE_SETTING,
    TIMEOUT_SETTING,
    URL_SETTING,
    Structure,
    TextOptions,
)
from nightdesk.providers.wire.servers import complain_of_address

_PRICE_IN: Final = "NIGHTDESK_TEXT_PRICE_IN"
_PRICE_OUT: Final = "NIGHTDESK_TEXT_PRICE_OUT"
_CURRENCY: Final = "NIGHTDESK_TEXT_CURRENCY"
_AT_ONCE: Final = "NIGHTDESK_TEXT_AT_ONCE"
_MICROS: Final = 1_000_000
#: Above any price of a million tokens; more is a slip of the pen.
_MOST_PRICE: Final = 1_000_000
_MOST_MODEL_CHARS: Final = 100


def read_text(environment: Environment) -> TextOptions:
    """Read the choice of a model. Nothing set: the templates write."""
    topic = environment.topic("Text")
    url, key = _read_url(topic), _read_key(topic)
    if key and "@" in urlsplit(url).netloc:
        raise refuse(URL_SETTING, f"holds a user name, and {KEY_SETTING} is set as well. Keep one of the two.")
    model = _read_model(topic)
    structure = topic.choice(
        STRUCTURE_SETTING,
        options=list(Structure),
        default=Structure.AUTO,
        meaning="How the model is held to the shape of its answer. `auto` takes the firmest that the server accepts.",
    )
    at_once = topic.integer(
        _AT_ONCE, default=6, least=1, most=64, meaning="Pieces of one campaign that the model may write side by side."
    )
    timeout_s = topic.duration_s(
        TIMEOUT_SETTING,
        default=120,
        least=5,
        meaning="Longest time for one piece, with the second try that a broken limit may need.",
    )
    price_in, price_out = _read_prices(topic)
    return TextOptions(
        url=url,
        key=key,
        model=model,
        structure=Structure(structure),
        at_once=at_once,
        timeout_s=timeout_s,
        price_in_micros=price_in,
        price_out_micros=price_out,
        currency=_read_currency(topic),
    )


def _read_url(topic: Topic) -> str:
    url = topic.secret(
        URL_SETTING,
        kind="address",
        shown="OpenAI's, once there is a key",
        meaning="Address of an OpenAI-compatible server, as `http://localhost:8080/v1`; without a path, `/v1` is added.",
    )
    if not url:
        return ""
    if complaint := complain_of_address(url, example="http://localhost:8080/v1 or https://host/v1"):
        raise refuse(URL_SETTING, complaint)
    if urlsplit(url).path.rstrip("/").endswith("/chat/completions"):
        raise refuse(URL_SETTING, "must be the address that comes before /chat/completions.")
    return url


def _read_key(topic: Topic) -> str:
    key = topic.secret(
        KEY_SETTING,
        meaning="Key for that server. Without an address it is taken for OpenAI's, which needs a model too.",
    )
    if not (key.isascii() and key.isprintable()):
        raise refuse(KEY_SETTING, "holds characters that no key has. Copy it again.")
    return key


def _read_model(topic: Topic) -> str:
    model = topic.text(
        MODEL_SETTING,
        shown="the server's only one",
        meaning="Name of the model, as its server calls it.",
    )
    if len(model) > _MOST_MODEL_CHARS or not model.isprintable():
        raise refuse(MODEL_SETTING, f"must be one line of at most {_MOST_MODEL_CHARS} characters.")
    return model


def _read_prices(topic: Topic) -> tuple[int | None, int | None]:
    price_in, price_out = (
        _read_price(
            topic, name, f"Price of a million tokens {way}, like `0.15`. With both prices set, costs are shown."
        )
        for name, way in ((_PRICE_IN, "sent"), (_PRICE_OUT, "received"))
    )
    if (price_in is None) != (price_out is None):
        raise refuse(_PRICE_IN if price_in is None else _PRICE_OUT, "is missing: set both prices, or none.")
    return price_in, price_out


def _read_price(topic: Topic, name: str, meaning: str) -> int | None:
    raw = topic.text(name, kind="decimal number", meaning=meaning)
    if not raw:
        return None
    try:
        price = Decimal(raw)
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or not 0 <= price <= _MOST_PRICE:
        raise refuse(name, f"must be a price like 0.15, from 0 to {_MOST_PRICE}, not {raw!r}.")
    return int((price * _MICROS).to_integral_value())


def _read_currency(topic: Topic) -> str:
    currency = topic.text(_CURRENCY, default="USD", meaning="Currency of those prices, as ISO 4217 names it.").upper()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise refuse(_CURRENCY, f"must be three letters like USD or EUR, not {currency!r}.")
    return currency
