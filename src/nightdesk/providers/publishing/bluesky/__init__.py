"""Bluesky, by an app password. What commits is one record whose key is ours: the same order cannot make two of them.

keys.py       the record key of an order
sessions.py   one session an account and process, refreshed and renewed
server.py     the requests, each named for what it does
rendering.py  a post as Bluesky wants it
publisher.py  the four moves
"""
