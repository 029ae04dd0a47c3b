"""Ghost, by its Admin API and the key of a custom integration.

token.py      the signed token of each request
site.py       the requests, each named for what it does
rendering.py  a post as Ghost wants it
publisher.py  the four moves
"""
