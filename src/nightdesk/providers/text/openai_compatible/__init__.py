"""The writer that asks a model, on any server that speaks OpenAI's chat completions.

    writer.py      draft, at most one repair, the piece: two answers of a model at most
    desk.py        one call: from the request to its line in the books
    refiner.py     a prompt for pictures put into better words: one answer of a model
    calls.py       what every call has: its model, and its line in the books
    client.py      the vendor's library behind a wall: a request, its stream, a reply
    watch.py       time, progress and cancel of one piece (its sockets are in `providers/wire`)
    dialect.py     what a server has shown it does not take, remembered by the process
    schemas.py     the shape that is asked for, as JSON Schema and as `response_format`
    answers.py     a model's text: read, validated, held against limits and brand kit
    faults.py      what a server or the network did, as our errors
    prices.py      what tokens cost, as data
    prompts/       the words to the model, in versions that never change

Nothing of the library `openai` is imported before a piece is written: that takes the better part of a second.
"""
