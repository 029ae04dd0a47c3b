"""Campaigns by models: how fast side by side, and what is kept of models that overrun, lie and break."""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

import httpx2

from benchmarks.figures.posting import CAMPAIGN, make_token
from benchmarks.lab import POLL_S, Lab, open_lab
from benchmarks.scale import Scale
from benchmarks.table import Figure
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.limits import check_piece
from tests.contract.text.honest import write_honestly
from tests.contract.text.test_many_pieces import Unruly
from tests.support.text_server import Received, TextServer, Wire

CALL_S: Final = 2.0
WANTED_S: Final = 5.0
#: A draft and one repair, for each piece and run.
CALLS_A_PIECE: Final = 2
LIMIT_S: Final = 1500.0
_PRICES: Final = {"NIGHTDESK_TEXT_PRICE_IN": "0.15", "NIGHTDESK_TEXT_PRICE_OUT": "0.60"}


def measure(scale: Scale) -> Iterator[Figure]:
    """One campaign with a slow, honest model; then many with one that breaks in every way."""
    yield _time_one()
    yield from _write_many(scale.copied_campaigns)


def _time_one() -> Figure:
    with TextServer(_slowly) as server, open_lab("sqlite", "files", settings=_settings(server)) as lab:
        web, token = lab.web().wait_ready(), make_token(lab)
        lab.worker("a", pool="threads", concurrency=8).wait_ready()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.Client(base_url=web.url, headers=headers, timeout=30) as client:
            began = time.monotonic()
            made = client.post("/api/campaigns/", json=CAMPAIGN).raise_for_status().json()
            shown = made
            while shown["ai_processing_status"] in ("pending", "processing"):
                time.sleep(0.02)
                shown = client.get(f"/api/campaigns/{made['id']}/").raise_for_status().json()
            took_s = time.monotonic() - began
    if shown["ai_processing_status"] != "completed":
        raise RuntimeError(f"the campaign was not written: {shown['ai_processing_error']}")
    cost = shown["cost"]
    return Figure(
        what=f"one six-channel campaign at {CALL_S:g} s a call, embedded, from POST to the last piece",
        reach=f"< {WANTED_S:g} s, with tokens and cost",
        ours=f"{took_s:.1f} s; {len(server.received)} calls, {json.dumps(cost)}",
        met=took_s < WANTED_S and bool(cost["tokens_in"]) and bool(cost["cost_micros"]),
    )


def _write_many(campaigns: int) -> Iterator[Figure]:
    unruly = Unruly(seed=17)
    with TextServer(unruly) as server, open_lab("postgres", "redis", settings=_settings(server)) as lab:
        lab.submit("campaigns_to_write", count=campaigns, **CAMPAIGN)
        lab.worker("a", pool="threads", concurrency=8).wait_ready()
        _wait_ended(lab)
        kept = lab.sql(
            "SELECT p.channel, v.fields FROM campaigns_pieceversion v JOIN campaigns_contentpiece p ON p.id = v.piece_id"
        )
        pieces = [(Channel(channel), _read(fields)) for channel, fields in kept]
        runs = int(lab.sql("SELECT sum(runs) FROM engine_job")[0][0])
        booked = int(lab.sql("SELECT count(*) FROM campaigns_modelcall")[0][0])
        states = dict(lab.states())
    over = [channel for channel, fields in pieces if check_piece(channel, fields).errors]
    cut = [text for _, fields in pieces for text in _texts(fields) if text not in unruly.written]
    about = f"{campaigns} campaigns by a model that overruns, lies and breaks ({states})"
    yield Figure(
        what=f"{about}: stored pieces within their channel's limits",
        reach="100 %, none cut",
        ours=f"{1 - len(over) / len(pieces):.1%} of {len(pieces)}; {len(cut)} texts that the model did not write so",
        met=not over and not cut,
    )
    calls, most = len(server.received), CALLS_A_PIECE * len(Channel) * runs
    yield Figure(
        what=f"{about}: calls of the model",
        reach=f"at most {most} ({CALLS_A_PIECE} for each piece in each of {runs} runs), all in the books",
        ours=f"{calls} calls reached it; {booked} are in the books, with those that did not get that far",
        met=calls <= most and booked >= calls,
    )


def _slowly(wire: Wire, received: Received) -> None:
    time.sleep(CALL_S)
    write_honestly(wire, received)


def _settings(server: TextServer) -> dict[str, str]:
    return {"NIGHTDESK_TEXT_URL": server.url, "NIGHTDESK_TEXT_MODEL": server.models[0], **_PRICES}


def _wait_ended(lab: Lab) -> None:
    give_up_at = time.monotonic() + LIMIT_S
    while set(lab.states()) - {"succeeded", "failed"}:
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"unfinished after {LIMIT_S:g} s: {dict(lab.states())}\n{lab.logs()}")
        for process in lab.processes:
            process.ensure_alive()
        time.sleep(POLL_S)


def _read(fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = fields if isinstance(fields, dict) else json.loads(fields)
    return found


def _texts(fields: dict[str, Any]) -> list[str]:
    return [text for value in fields.values() for text in (value if isinstance(value, list) else [value]) if text]
