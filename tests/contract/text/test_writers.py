"""What every writer promises: hard limits, whole words, no empty text, the truth about who wrote it.

A new adapter joins by one line in `CASES`: a function that returns one ready to be asked, and what may be asked of it.
Servers behind an adapter are real processes or speak their protocol on a socket.
"""

import re
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nightdesk.providers.text.channels import CHANNELS, Channel
from nightdesk.providers.text.limits import check_piece
from nightdesk.providers.text.openai_compatible.writer import ModelWriter
from nightdesk.providers.text.options import TextOptions
from nightdesk.providers.text.pieces import FIELDS
from nightdesk.providers.text.protocol import CallRecord, PieceDraft, PieceRequest, TextWriter
from nightdesk.providers.text.registry import WRITERS as REGISTERED
from nightdesk.providers.text.template.writer import TemplateWriter
from tests.contract.text.asking import KEY
from tests.support.llama import Llama
from tests.support.text_server import MODEL, TextServer


@dataclass(frozen=True, kw_only=True)
class Case:
    """A writer to be asked. `has_model`: it chooses its own words. `share`: of the hard briefs, one in so many is asked."""

    name: str
    make: Callable[[], TextWriter]
    made_by: str
    has_model: bool
    examples: int
    share: int = 1
    languages: tuple[str, ...] = ("en",)


def _template(_request: pytest.FixtureRequest) -> Case:
    return Case(
        name="template",
        make=TemplateWriter,
        made_by="template",
        has_model=False,
        examples=300,
        languages=tuple(LANGUAGES),
    )


def _honest_model(request: pytest.FixtureRequest) -> Case:
    server: TextServer = request.getfixturevalue("honest_server")
    options = TextOptions(url=server.url, model=MODEL)
    return Case(name="openai", make=lambda: ModelWriter(options), made_by=MODEL, has_model=True, examples=40)


def _llama(request: pytest.FixtureRequest) -> Case:
    server: Llama = request.getfixturevalue("llama")
    options = TextOptions(url=server.url, key=KEY)
    made_by = server.model
    return Case(name="openai", make=lambda: ModelWriter(options), made_by=made_by, has_model=True, examples=20, share=6)


CASES = {"template": _template, "honest-model": _honest_model, "llama": _llama}


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    """Give each writer in turn, with its server running."""
    return CASES[request.param](request)


LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunter"
LONG_BRIEF = (
    "# Nimbus\n\nNimbus is a compact espresso machine that heats up in 30 seconds.\n\n"
    + "".join(f"- Benefit number {n}: it saves you {n} minutes every single day\n" for n in range(60))
    + "\n".join(
        f"Paragraph {n} explains at length, and with great care, why this matters to people." for n in range(160)
    )
)[:20_000]
ENDLESS_SENTENCE = "Nimbus " + " ".join(f"wonderful{n}brewing{n}" for n in range(900))
#: Short words of any English text, which may well be how a longer one starts.
COMMON = {"a", "at", "by", "it", "look", "say", "see", "take", "the", "to", "try"}
BRIEFS = {
    "one word": "Sale",
    "one character": "x",
    "one character words": "a b c d e f g h i j k l m n o p",
    "one long word": LONG_WORD,
    "a long word among others": f"Our {LONG_WORD} is open on Sundays.",
    "punctuation": "...!?",
    "an emoji": "🎉",
    "emoji": "🎉 Party 👨‍👩‍👧‍👦 at our place 🇩🇪 on Friday! 🥳🥳🥳 Bring friends 💃🏽",
    "Chinese": "我们推出了一款全新的便携式咖啡机。三十秒即可加热，适合小厨房使用。现在订购可享八五折优惠！",
    "Japanese without stops": "新しいコーヒー豆の定期便を始めました毎月焙煎したての豆をお届けします初回は半額です" * 5,
    "Arabic": "نطلق آلة قهوة صغيرة جديدة تسخن في ثلاثين ثانية. التوصيل مجاني لجميع الطلبات. اطلبها الآن!",
    "Hebrew": "אנחנו פותחים חנות אופניים חדשה בתל אביב. תיקונים בתוך 24 שעות ומחירים הוגנים.",
    "Thai": "เครื่องชงกาแฟขนาดกะทัดรัดที่อุ่นเร็วภายในสามสิบวินาที เหมาะกับครัวเล็ก จัดส่งฟรี",
    "decomposed accents": unicodedata.normalize("NFD", "Découvrez notre café à l'été, déjà prêt en 30 secondes."),
    "only instructions": "Please write an ad. Our budget is 500 EUR. Do not mention competitors. The tone should be warm.",
    "a link": "https://nimbus.example/a/very/long/path?with=query&and=more",
    "markup": "## About\n**Bold** <script>alert(1)</script> {product} {0} %s `code` [link](https://x.example) _it_",
    "a form": "Product: Lumo\nAudience: balcony owners\nBenefits:\n- No cable\n- Charges in the sun\nBudget: 900\nURL: https://lumo.example",
    "shouting": "BUY NOW!!! BEST PRICE EVER!!! ONLY TODAY!!!",
    "very long": LONG_BRIEF,
}
LANGUAGES = ["en", "de", "fr", "es", "ja", "ar", "pt-BR", "und"]
TONES = ["", "friendly", "formal and serious", "witzig", "urgent", "élégant"]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
sentences = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
    | st.sampled_from(
        ["20% off until Sunday.", "It is new.", LONG_WORD, "\n- ", "\n\n", "Product: ", "🎉", "。", "، "]
    ),
    min_size=1,
    max_size=30,
).map(" ".join)
briefs = (sentences | st.sampled_from(list(BRIEFS.values()))).filter(
    lambda text: any(char.isprintable() and not char.isspace() for char in text)
)
requests = st.builds(
    PieceRequest,
    channel=st.sampled_from(list(Channel)),
    brief=briefs,
    product=texts,
    audience=texts,
    tone=st.sampled_from(TONES) | texts,
    language=st.sampled_from(LANGUAGES),
)


def texts_of(draft: PieceDraft) -> list[str]:
    return [text for value in draft.fields.values() for text in (value if isinstance(value, list) else [value])]


def assert_kept(request: PieceRequest, draft: PieceDraft, case: Case) -> None:
    """Hold one draft against everything that is promised of any draft."""
    assert check_piece(request.channel, draft.fields).errors == ()
    assert isinstance(draft.typed_fields, FIELDS[request.channel])
    assert (draft.channel, draft.made_by) == (request.channel, case.made_by)
    assert all(text == text.strip() for text in texts_of(draft))
    assert all(unicodedata.is_normalized("NFC", text) for text in texts_of(draft))
    assert not any(
        unicodedata.category(char) in ("Cc", "Cs") for text in texts_of(draft) for char in text if char != "\n"
    )
    required = [field.name for field in CHANNELS[request.channel].fields if field.least]
    assert [name for name in required if not draft.fields[name]] == []


def test_every_registered_writer_is_in_this_suite(request: pytest.FixtureRequest) -> None:
    assert {"template", "openai"} == set(REGISTERED)
    assert {CASES[name](request).name for name in CASES} == set(REGISTERED)


def test_piece_keeps_its_limits_for_any_brief(case: Case) -> None:
    @settings(max_examples=case.examples)
    @given(request=requests)
    @example(request=PieceRequest(channel=Channel.GOOGLE_RSA, brief="x", language="und"))
    @example(request=PieceRequest(channel=Channel.X, brief="x" * 400, language="ja"))
    def holds(request: PieceRequest) -> None:
        draft = case.make().write(request)

        assert_kept(request, draft, case)

    holds()


@pytest.mark.parametrize("brief", BRIEFS.values(), ids=BRIEFS)
def test_piece_keeps_its_limits_for_hard_briefs(case: Case, brief: str) -> None:
    asked = [(channel, language) for channel in Channel for language in case.languages]
    first = list(BRIEFS.values()).index(brief) % case.share
    for channel, language in asked[first :: case.share]:
        request = PieceRequest(channel=channel, brief=brief, language=language)

        assert_kept(request, case.make().write(request), case)


@pytest.mark.parametrize("brief", [LONG_BRIEF, ENDLESS_SENTENCE], ids=["long", "endless-sentence"])
def test_piece_cuts_no_word_of_the_brief(case: Case, brief: str) -> None:
    if case.has_model:
        pytest.skip("a model chooses its own words: that they are whole is shown in test_many_pieces.py")
    for channel in Channel:
        draft = case.make().write(PieceRequest(channel=channel, brief=brief, product="Nimbus", tone="friendly"))

        assert find_halves(draft, brief) == set()


def find_halves(draft: PieceDraft, brief: str) -> set[str]:
    # Half a word is the start of one of the brief's words that is itself no word, of the brief or of the language.
    whole = set(re.findall(r"\w+", brief.casefold()))
    written = {word for text in texts_of(draft) for word in re.findall(r"\w+", text.casefold())}
    return {word for word in written - whole - COMMON if any(long.startswith(word) for long in whole)}


def test_piece_is_the_same_when_asked_again(case: Case) -> None:
    if case.has_model:
        pytest.skip("a model may vary its words")
    for channel in Channel:
        request = PieceRequest(channel=channel, brief=LONG_BRIEF, audience="Busy people", tone="warm")

        assert case.make().write(request) == case.make().write(request)


def test_writer_without_a_model_never_speaks_of_ai(case: Case) -> None:
    if case.has_model:
        pytest.skip("this writer uses a model")
    for channel in Channel:
        draft = case.make().write(PieceRequest(channel=channel, brief="Fresh bread, baked at night."))

        said = " ".join([*texts_of(draft), *draft.warnings, draft.made_by])
        assert re.findall(r"\bA\.?I\.?\b|artificial|generated|language model", said) == []


def test_writer_reports_progress_between_nothing_and_all(case: Case) -> None:
    seen: list[tuple[int, str]] = []

    case.make().write(
        PieceRequest(channel=Channel.BLOG, brief="Fresh bread, baked at night."),
        on_progress=lambda percent, message: seen.append((percent, message)),
    )

    assert seen != []
    assert all(0 <= percent <= 100 and message for percent, message in seen)


def test_writer_stops_when_its_caller_says_so(case: Case) -> None:
    class Stopped(Exception):
        pass

    def stop(_percent: int, _message: str) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        case.make().write(PieceRequest(channel=Channel.BLOG, brief="Fresh bread."), on_progress=stop)


def test_writer_enters_a_call_for_each_time_that_a_model_was_asked(case: Case) -> None:
    calls: list[CallRecord] = []

    case.make().write(PieceRequest(channel=Channel.X, brief="Fresh bread, baked at night."), on_call=calls.append)

    assert [call.model_answered for call in calls] == [case.made_by] * len(calls)
    assert len(calls) in ((1, 2) if case.has_model else (0,))


def test_writer_says_how_many_pieces_it_may_write_at_once(case: Case) -> None:
    assert case.make().at_once >= 1


def test_writer_writes_many_pieces_side_by_side(case: Case) -> None:
    writer = case.make()
    asked = [PieceRequest(channel=Channel.LINKEDIN, brief=f"Bread number {number}.") for number in range(6)]

    with ThreadPoolExecutor(len(asked)) as threads:
        drafts = list(threads.map(writer.write, asked))

    for request, draft in zip(asked, drafts, strict=True):
        assert_kept(request, draft, case)
