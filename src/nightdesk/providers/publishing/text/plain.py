"""Markdown as text without any markup."""

from collections.abc import Sequence

from nightdesk.providers.publishing.text.runs import Look, Run, lines_of, read_runs, words_of_links


def to_plain(markdown: str) -> str:
    """Return the text of Markdown. A link stands behind its words where they do not show it; quotes begin with `>`."""
    return "\n".join(_write_line(line) for line in lines_of(with_addresses(read_runs(markdown, pads_tables=False))))


def with_addresses(runs: Sequence[Run]) -> list[Run]:
    """Write the address of each link behind its words, unless they are the address."""
    words = words_of_links(runs)
    written: list[Run] = []
    for at, run in enumerate(runs):
        written.append(run)
        link = next((style for style in run.styles if style.look is Look.LINK), None)
        if link is None or (at + 1 < len(runs) and link in runs[at + 1].styles):
            continue
        if not shows(words[link], link.detail):
            written.append(Run(f" ({link.detail.removeprefix('mailto:')})", run.styles))
    return written


def shows(words: str, address: str) -> bool:
    """Whether the words of a link are its address."""
    bare = address.removeprefix("mailto:")
    return words.strip().rstrip("/") in (address.rstrip("/"), bare.rstrip("/"), bare.split("://")[-1].rstrip("/"))


def _write_line(line: Sequence[Run]) -> str:
    text = "".join(run.text for run in line)
    return f"> {text}".rstrip() if any(run.has(Look.QUOTE) for run in line) else text.rstrip()
