"""Writers of campaign text: one piece for one channel out of one brief.

    channels.py    what each channel takes, as data: fields, limits, units, sources
    counting.py    how long a text is, as each platform counts it
    pieces.py      the typed fields of each channel's piece
    limits.py      whether a piece keeps its channel's limits, in plain words
    protocol.py    what is asked of a writer, and what it gives back
    brand.py       whether a text keeps to a brand kit
    options.py     what an operator chose: server, model, prices
    registry.py    which writers there are, and which one writes
    template/      the writer that needs no key and no model
    openai_compatible/   the writer that asks a model on a server

To add a writer: a class that satisfies `TextWriter`, a line in `registry.py`, and a line in `CASES` of the family's
conformance suite.
"""
