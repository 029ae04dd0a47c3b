"""Markdown for tests: every construct, over words in which characters, code units and bytes go apart."""

from typing import Final

from hypothesis import strategies as st

ASSET: Final = "abcdefghijklmnopqrstuvwx"
OTHER_ASSET: Final = "zyxwvutsrqponmlkjihgfedc"

#: Words that nothing in Markdown reads as more than words.
WORDS: Final = ("quiet", "Ünïcode", "👩‍👩‍👧", "🇩🇪", "e\u0301clair", "بيت", "東京", "☕️", "𝔞𝔟", "ทำงาน")
#: Pieces in which everything has a meaning somewhere.
PIECES: Final = (
    *WORDS,
    "*", "**", "_", "~~", "`", "``", "[", "](", ")", "![", "<b>", "<!channel>", "<@U1>", "&", "&amp;", "|", "\\", "#",
    "> ", "- ", "1. ", "    ", "```", "---", " ", "\n", "\n\n", "\t", "https://kettle.example/a_b?c=1&d=2", "@everyone",
    f"asset:{ASSET}", f"![a *b*](asset:{ASSET})", f"![x](asset:{OTHER_ASSET} \"t\")", "[w](https://kettle.example/x)",
    "**b `c` d**", "*i **j** k*", "| a | b |\n|---|--:|\n| 1 | **2** |\n", "javascript:alert(1)", "\u202e", "\u200b",
)  # fmt: skip

sources = st.lists(st.sampled_from(PIECES), max_size=24).map("".join)
words = st.sampled_from(WORDS)
