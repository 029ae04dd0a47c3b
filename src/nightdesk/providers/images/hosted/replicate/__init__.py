"""Replicate: a prediction is created once, waited for, called off where we stop, and its output copied at once.

schema.py      which input of a model takes what, by the schema that the model publishes
api.py         the addresses of the API, one method each
prediction.py  one prediction, from its creation to its outputs, over as many runs as it takes
providers.py   the five operations
"""
