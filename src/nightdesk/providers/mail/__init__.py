"""Ways for a mail to leave: one protocol, one file an adapter, one suite for all of them.

protocol.py   what a sender is asked and what it answers
options.py    what the operator chose
registry.py   which sender is used
"""
