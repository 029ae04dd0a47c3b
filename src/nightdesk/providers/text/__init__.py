"""Writers of campaign text: one piece for one channel out of one brief.

    channels.py    what each channel takes, as data: fields, limits, units, sources
    counting.py    how long a text is, as each platform counts it
    pieces.py      the typed fields of each channel's piece
    limits.py      whether a piece keeps its channel's limits, in plain words
    protocol.py    what is asked of a writer, and what it gives back
    registry.py    which writers there are
    template/      the writer that needs no key and no model

To add a writer: a file with a class that satisfies `TextWriter`, a line in `registry.py`, and its name in the
parameters of the family's conformance suite.
"""
