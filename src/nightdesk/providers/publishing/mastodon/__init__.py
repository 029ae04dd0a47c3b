"""Mastodon, by an access token of the account. What commits is one POST with an Idempotency-Key.

weighing.py   how Mastodon counts a text
server.py     the requests, each named for what it does
rendering.py  a post as Mastodon wants it
publisher.py  the four moves
"""
