"""Platforms that posts are published on: one protocol, one package an adapter, one suite for all of them.

protocol.py   what a platform is asked and what it answers
line.py       requests that end when they should, and say what is known of them afterwards
registry.py   which platforms there are
text/         Markdown as each platform wants it, counted in its own unit
"""
