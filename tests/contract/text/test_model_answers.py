"""What a model may answer, and what becomes of it: kept whole, written again once, or refused; never cut."""

import json

import pytest

from nightdesk.core.errors import Permanent, Transient
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.openai_compatible.writer import ModelWriter
from nightdesk.providers.text.options import TextOptions
from nightdesk.providers.text.protocol import BrandVoice, CallRecord, PieceRequest
from tests.contract.text.asking import LINKEDIN, Serve, ask, ask_server
from tests.support.text_server import MODEL, USAGE, Received, TextServer, Wire, make_events

HEADLINES = ["Rusk that keeps", "Baked in Quirin", "Two years in a tin", "For the long way"]
AD = {
    "headlines": HEADLINES,
    "descriptions": ["A rusk that keeps for two years.", "Baked twice, packed once."],
    "path1": "rusk",
    "path2": "tin",
}
LONG = "An endless headline that no search engine would ever show"


def test_good_answer_is_the_piece(serve: Serve) -> None:
    asked = ask_server(serve(LINKEDIN))

    assert asked.draft is not None
    assert asked.draft.model_dump() == {
        "channel": Channel.LINKEDIN,
        "fields": LINKEDIN,
        "made_by": MODEL,
        "notes": [],
        "prompt_version": "piece-1",
    }


def test_call_is_entered_with_all_that_is_known_of_it(serve: Serve) -> None:
    server = serve(LINKEDIN)
    options = TextOptions(
        url=server.url, model="asked-for", price_in_micros=150_000, price_out_micros=600_000, currency="EUR"
    )

    [call] = ask(options).calls

    assert call.duration_s > 0
    assert call.model_dump(exclude={"started_at", "duration_s"}) == {
        "provider": server.host,
        "model_asked": "asked-for",
        "model_answered": MODEL,
        "prompt_version": "piece-1",
        "purpose": "draft",
        "outcome": "ok",
        "http_status": 200,
        "request_id": "req-1",
        "tokens_in": USAGE["prompt_tokens"],
        "tokens_out": USAGE["completion_tokens"],
        "tokens_cached": 400,
        "tokens_reasoning": 50,
        "cost_micros": 270,  # 1000 x 0.15 + 200 x 0.60, a million tokens each
        "currency": "EUR",
    }


def test_text_over_its_limit_is_written_again_and_never_cut(serve: Serve) -> None:
    server = serve({**LINKEDIN, "headline": "H" * 207}, LINKEDIN)

    asked = ask_server(server)

    assert asked.fields == LINKEDIN
    assert [(call.purpose.value, call.outcome.value) for call in asked.calls] == [
        ("draft", "unusable"),
        ("repair", "ok"),
    ]
    repair = server.received[1]
    assert "Headline is 207 characters long; LinkedIn allows 200. Shorten it by 7." in repair.last
    assert json.loads(repair.body["messages"][2]["content"])["headline"] == "H" * 207
    assert [message["role"] for message in repair.body["messages"]] == ["system", "user", "assistant", "user"]


def test_text_over_its_limit_twice_is_refused_with_field_and_excess(serve: Serve) -> None:
    server = serve({**LINKEDIN, "headline": "H" * 207}, {**LINKEDIN, "headline": "H" * 203})

    asked = ask_server(server)

    assert type(asked.error) is Permanent
    assert str(asked.error) == (
        "stand-in-1 broke a limit of LinkedIn twice. Headline is 203 characters long; LinkedIn allows 200. Shorten it by "
        "3. The text is not kept, as it would have to be cut. Regenerate, ask for less in the brief, or choose another "
        "model."
    )
    assert len(server.received) == 2


def test_texts_of_a_list_that_stay_too_long_are_left_out_whole(serve: Serve) -> None:
    server = serve({**AD, "headlines": [*HEADLINES, LONG, LONG + "!"]})

    asked = ask_server(server, Channel.GOOGLE_RSA)

    assert asked.fields == AD
    assert asked.draft is not None
    assert asked.draft.notes == [
        "2 headlines are left out: too long, too many, or with words that the brand kit avoids."
    ]
    assert asked.outcomes == ["unusable", "unusable"]


def test_list_that_would_be_too_short_without_its_long_texts_is_refused(serve: Serve) -> None:
    server = serve({**AD, "headlines": [*HEADLINES[:2], LONG]})

    asked = ask_server(server, Channel.GOOGLE_RSA)

    assert type(asked.error) is Permanent
    assert f"Headline 3 is {len(LONG)} characters long; Google allows 30" in str(asked.error)


def test_draft_is_kept_where_its_repair_is_worse(serve: Serve) -> None:
    asked = ask_server(serve({**AD, "headlines": [*HEADLINES, LONG]}, "I am sorry."), Channel.GOOGLE_RSA)

    assert asked.fields == AD


def test_optional_text_that_stays_too_long_is_left_empty(serve: Serve) -> None:
    asked = ask_server(serve({**AD, "path1": "a-path-that-is-far-too-long"}), Channel.GOOGLE_RSA)

    assert (asked.fields["path1"], asked.fields["path2"]) == ("tin", "")
    assert asked.draft is not None
    assert asked.draft.notes == ["Path 1 is left empty: what the model wrote there was too long."]


def test_texts_that_are_there_twice_or_blank_cost_no_second_call(serve: Serve) -> None:
    asked = ask_server(serve({**AD, "headlines": [*HEADLINES, HEADLINES[0].upper(), "  "]}), Channel.GOOGLE_RSA)

    assert (asked.fields, asked.outcomes) == (AD, ["ok"])


def test_what_was_not_asked_for_is_left_out(serve: Serve) -> None:
    asked = ask_server(serve({**LINKEDIN, "explanation": "I chose a warm tone."}))

    assert (asked.fields, asked.outcomes) == (LINKEDIN, ["ok"])


def test_answer_in_a_wrapping_is_unwrapped(serve: Serve) -> None:
    assert ask_server(serve({"piece": LINKEDIN})).fields == LINKEDIN


def test_wrong_shape_is_said_and_written_again(serve: Serve) -> None:
    server = serve({"headlines": "one", "descriptions": [1, 2]}, AD)

    asked = ask_server(server, Channel.GOOGLE_RSA)

    assert asked.fields == AD
    assert '- "headlines": Input should be a valid list.' in server.received[1].last
    assert '- "descriptions.0": Input should be a valid string.' in server.received[1].last


def test_text_is_made_storable_without_losing_a_word(serve: Serve) -> None:
    asked = ask_server(
        serve(
            '{"intro": " Cafe\\u0301\\u0000 \\ud800 \\t open\\r\\nnow ", "headline": "Two\\nlines", "description": "d"}'
        )
    )

    assert asked.fields == {"intro": "Café \ufffd   open\nnow", "headline": "Two lines", "description": "d"}


KIT = BrandVoice(words_to_avoid=["cheap", "Quirin"], words_to_use=["slowly baked"], voice="dry", audience="sailors")


def test_word_to_avoid_is_written_again(serve: Serve) -> None:
    server = serve({**LINKEDIN, "intro": "A CHEAP rusk."}, LINKEDIN)

    asked = ask_server(server, brand=KIT)

    assert asked.fields == LINKEDIN
    assert "It uses words that the brand avoids." in server.received[1].last
    assert "words to replace\ncheap\n" in server.received[1].last


def test_word_to_avoid_that_stays_is_said(serve: Serve) -> None:
    asked = ask_server(serve({**LINKEDIN, "intro": "A cheap rusk."}), brand=KIT)

    assert asked.draft is not None
    assert asked.draft.notes == ["It says “cheap”, which the brand kit forbids. Edit the text, or change the kit."]


def test_texts_of_a_list_with_a_word_to_avoid_are_left_out_where_enough_remain(serve: Serve) -> None:
    asked = ask_server(
        serve({**AD, "headlines": ["Cheap rusk", *HEADLINES]}),
        Channel.GOOGLE_RSA,
        brand=BrandVoice(words_to_avoid=["cheap"]),
    )

    assert asked.fields == AD


def test_word_to_avoid_in_the_products_own_name_costs_no_second_call_and_is_said(serve: Serve) -> None:
    asked = ask_server(serve({**LINKEDIN, "intro": "Quirin is a rusk."}), brand=KIT, product="Quirin")

    assert asked.outcomes == ["ok"]
    assert asked.draft is not None
    assert asked.draft.notes == ["It says “Quirin”, which the brand kit forbids. Edit the text, or change the kit."]


def test_kit_wish_and_earlier_piece_are_told_to_the_model(serve: Serve) -> None:
    server = serve(LINKEDIN)

    ask_server(server, brand=KIT, wish="Less about baking", previous={"intro": "Old words"}, tone="salty")

    for said in ("slowly baked", "dry", "sailors", "Quirin", "Less about baking", "Old words", "salty"):
        assert said in server.received[0].user


@pytest.mark.parametrize("channel", Channel)
def test_limits_are_told_for_each_field(channel: Channel, honest_server: TextServer) -> None:
    honest_server.forget()
    ask_server(honest_server, channel, language="de")
    system = honest_server.received[0].system

    assert "Write in German (de)" in system
    for name in honest_server.received[0].fields:
        assert f'- "{name}" (' in system


def test_progress_follows_the_stream(serve: Serve) -> None:
    seen: list[tuple[int, str]] = []
    long = {**LINKEDIN, "intro": "word " * 70, "headline": "H" * 207}

    ask_server(serve(long, LINKEDIN), on_progress=lambda percent, message: seen.append((percent, message)))

    percents = [percent for percent, _ in seen]
    assert percents == sorted(percents)
    assert len(set(percents)) > 15
    assert (percents[0], percents[-1] > 90) == (1, True)
    assert list(dict.fromkeys(message for _, message in seen)) == [
        "Writing LinkedIn with asked-for",
        "Putting right LinkedIn with asked-for",
    ]


def test_call_that_was_stopped_before_it_was_made_is_in_no_books(serve: Serve) -> None:
    server = serve(LINKEDIN)
    calls: list[CallRecord] = []

    class Stopped(Exception):
        pass

    def stop(_percent: int, _message: str) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        ModelWriter(TextOptions(url=server.url, model="m")).write(
            PieceRequest(channel=Channel.X, brief="Rusk."), on_progress=stop, on_call=calls.append
        )

    assert (calls, server.received) == ([], [])


def test_second_try_has_only_what_is_left_of_the_time() -> None:
    def react(wire: Wire, received: Received) -> None:
        if received.number == 1:
            wire.stream(make_events("not a piece"))
        else:
            wire.wait_gone()

    with TextServer(react) as server:
        asked = ask_server(server, deadline_s=1)

    assert isinstance(asked.error, Transient)
    assert asked.outcomes[0] == "unusable"
    assert sum(call.duration_s for call in asked.calls) < 2.5


def test_character_that_came_in_two_halves_is_whole_and_a_single_half_is_dropped() -> None:
    halves = {**LINKEDIN, "headline": "It keeps \U0001f9c2"}
    said = json.dumps(halves, ensure_ascii=False).replace("\U0001f9c2", "\ud83e\uddc2")

    def react(wire: Wire, received: Received) -> None:
        broken = '{"intro": "Half \ud83e of it", "headline": 5'
        wire.stream(make_events(broken if received.number == 1 else said, piece_chars=1))

    with TextServer(react) as server:
        asked = ask_server(server)

    assert asked.fields == halves
    assert asked.outcomes == ["unusable", "ok"]
    assert server.received[1].body["messages"][2]["content"].startswith('{"intro": "Half  of it"')


@pytest.mark.parametrize("body", [[], [1], "text", 5, True])
def test_body_that_is_no_object_is_a_broken_answer(body: object) -> None:
    def react(wire: Wire, _received: Received) -> None:
        wire.send_json(200, json.dumps(body))

    with TextServer(react) as server:
        asked = ask_server(server)

    assert (type(asked.error), asked.outcomes) == (Transient, ["failed"])
    assert "broken off or cannot be read" in str(asked.error)
