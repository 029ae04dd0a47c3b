"""Many pieces from a model that overruns, lies and breaks at random: what is kept is within its limits and whole."""

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from nightdesk.core.errors import OperationalFault
from nightdesk.providers.text.brand import texts_of
from nightdesk.providers.text.channels import CHANNELS, Channel
from nightdesk.providers.text.limits import check_piece
from nightdesk.providers.text.options import TextOptions
from tests.contract.text.asking import Asked, ask
from tests.support.text_server import Received, TextServer, Wire, make_events

PIECES: Final = 500
SIDE_BY_SIDE: Final = 6
WORDS: Final = [
    "rusk",
    "tin",
    "harbour",
    "long",
    "slow",
    "baked",
    "twice",
    "salt",
    "morning",
    "keeps",
    "漢字",
    "🎉",
    "https://rusk.example/a/long/path",
]


class Unruly:
    """Answers at random: honest, too long, too much, too little, another shape, cut, refused, throttled, gone."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.written: set[str] = set()  # every whole text that was ever sent, as it may be stored

    def __call__(self, wire: Wire, received: Received) -> None:
        """Break in one of many ways, or not."""
        draw = self.random.random()
        if draw < 0.04:
            wire.send_json(429, {"error": {"code": "rate_limit_exceeded"}}, {"Retry-After": "1"})
        elif draw < 0.07:
            wire.send_json(500, "broken", {"Content-Type": "text/plain"})
        elif draw < 0.10:
            wire.start_stream()
            wire.send_event(make_events("{", finish=None)[1])  # and gone
        elif draw < 0.13:
            wire.stream([{"choices": [{"delta": {"refusal": "No."}, "finish_reason": "stop"}]}])
        else:
            self._answer(wire, self._write(Channel(received.body["response_format"]["json_schema"]["name"])))

    def _answer(self, wire: Wire, fields: Any) -> None:
        text, finish = json.dumps(fields, ensure_ascii=self.random.random() < 0.5), "stop"
        draw = self.random.random()
        if draw < 0.1:
            text = f"Sure! {{here}} it is:\n```json\n{text}\n```\nEnjoy."
        elif draw < 0.2:
            text, finish = text[: self.random.randrange(len(text))], self.random.choice(["length", "stop"])
        wire.stream(make_events(text, finish=finish, piece_chars=200))

    def _write(self, channel: Channel) -> Any:
        fields: dict[str, Any] = {}
        for spec in CHANNELS[channel].fields:
            limit = spec.hard or 400
            if spec.most > 1:
                fields[spec.name] = [self._text(limit) for _ in range(self.random.randint(1, spec.most + 3))]
            else:
                fields[spec.name] = self._text(limit)
        draw = self.random.random()
        if draw < 0.05:
            fields.pop(self.random.choice(list(fields)))
        elif draw < 0.1:
            fields[self.random.choice(list(fields))] = self.random.choice([None, 7, {}, [[]], ""])
        return fields

    def _text(self, limit: int) -> str:
        reach = limit if self.random.random() < 0.85 else 3 * limit
        text = ""
        while len(text) < reach * self.random.uniform(0.3, 0.9):
            text += " " + self.random.choice(WORDS)
        text = text.strip()
        self.written.add(text)
        return text


def test_many_pieces_are_within_their_limits_and_whole_or_an_error_with_a_name() -> None:
    unruly = Unruly(seed=4711)
    channels = list(Channel)
    with TextServer(unruly) as server:
        options = TextOptions(url=server.url, model="unruly")

        def write(number: int) -> Asked:
            return ask(options, channels[number % len(channels)], brief=f"Rusk number {number}.")

        with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
            pieces = list(threads.map(write, range(PIECES)))

        assert server.errors == []
        assert sum(len(asked.calls) for asked in pieces) == len(server.received)
    kept = [asked.draft for asked in pieces if asked.draft is not None]
    for draft in kept:
        assert check_piece(draft.channel, draft.fields).errors == ()
        assert [text for text in texts_of(draft.fields) if text not in unruly.written] == []
    for asked in pieces:
        assert 1 <= len(asked.calls) <= 2
        assert (asked.draft is None) == isinstance(asked.error, OperationalFault)
    outcomes = Counter(outcome for asked in pieces for outcome in asked.outcomes)
    # Each kind of breaking was seen, and many pieces came out all the same: else this shows nothing.
    assert set(outcomes) == {"ok", "unusable", "truncated", "refused", "throttled", "failed"}
    assert len(kept) > PIECES / 2
