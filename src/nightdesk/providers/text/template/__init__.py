"""The writer that needs no key and no model: patterns filled with the brief's own words. The same brief gives the same text.

    brief.py      what a brief says: product, audience, facts, points, what stays inside
    sentences.py  lines, sentences and clauses
    phrases.py    short phrases that stand on their own
    fitting.py    texts built to fit a limit, never cut inside a word
    voice.py      a reading, a tone and a language's patterns: hooks, calls, parts of a text
    adverts.py    short channels: Google, Meta, LinkedIn, X
    articles.py   long channels: e-mail and blog
    languages/    patterns as data: English, German, French, Spanish, and a set without words for every other language

A language without patterns gets its brief's own sentences, arranged; nothing is translated.
"""
