"""What tokens cost at OpenAI, as data. What an operator sets counts before it; for every other server no price is known."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from nightdesk.providers.text.options import TextOptions

_MILLION: Final = 1_000_000
#: "gpt-4o-mini-2024-07-18" costs what "gpt-4o-mini" costs.
_SNAPSHOT: Final = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Price:
    """Millionths of a US dollar for a million tokens, from a day on."""

    model: str
    valid_from: date
    tokens_in: int
    tokens_cached: int
    tokens_out: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a call used; None where the provider did not say. Cached ones are among those that went in."""

    sent: int | None = None
    received: int | None = None
    cached: int | None = None
    reasoning: int | None = None


#: Source: OpenAI's list of prices, as repeated by several readers of it in March and June 2026. Newer days first.
PRICES: Final = (
    Price("gpt-5.5", date(2026, 6, 1), 5_000_000, 500_000, 30_000_000),
    Price("gpt-5.4", date(2026, 3, 1), 2_500_000, 250_000, 15_000_000),
    Price("gpt-5.4-mini", date(2026, 6, 1), 750_000, 75_000, 4_500_000),
    Price("gpt-5.4-nano", date(2026, 6, 1), 200_000, 20_000, 1_250_000),
    Price("gpt-5", date(2025, 8, 7), 1_250_000, 125_000, 10_000_000),
    Price("gpt-5-mini", date(2025, 8, 7), 250_000, 25_000, 2_000_000),
    Price("gpt-5-nano", date(2025, 8, 7), 50_000, 5_000, 400_000),
    Price("gpt-4.1", date(2025, 4, 14), 2_000_000, 500_000, 8_000_000),
    Price("gpt-4.1-mini", date(2025, 4, 14), 400_000, 100_000, 1_600_000),
    Price("gpt-4.1-nano", date(2025, 4, 14), 100_000, 25_000, 400_000),
    Price("gpt-4o", date(2024, 10, 2), 2_500_000, 1_250_000, 10_000_000),
    Price("gpt-4o-mini", date(2024, 7, 18), 150_000, 75_000, 600_000),
)


def find_cost(options: TextOptions, model: str, tokens: Tokens, *, on: date) -> tuple[int | None, str]:
    """Return what a call cost, in millionths of the currency named beside it. None where price or tokens are not known."""
    if options.price_in_micros is not None and options.price_out_micros is not None:
        own = Price("", on, options.price_in_micros, options.price_in_micros, options.price_out_micros)
        return _multiply(own, tokens), options.currency
    price = _find_price(model, on) if options.is_openai else None
    return (_multiply(price, tokens), "USD") if price else (None, "")


def _find_price(model: str, on: date) -> Price | None:
    name = _SNAPSHOT.sub("", model)
    valid = [price for price in PRICES if price.model == name and price.valid_from <= on]
    return max(valid, key=lambda price: price.valid_from, default=None)


def _multiply(price: Price, tokens: Tokens) -> int | None:
    if tokens.sent is None or tokens.received is None:
        return None
    cached = min(tokens.cached or 0, tokens.sent)
    total = (tokens.sent - cached) * price.tokens_in + cached * price.tokens_cached + tokens.received * price.tokens_out
    return (total + _MILLION // 2) // _MILLION
