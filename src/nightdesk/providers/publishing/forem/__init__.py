"""dev.to, and other communities that run Forem, by its API and the key of a member.

site.py       the requests, each named for what it does
rendering.py  a post as Forem wants it
publisher.py  the four moves
"""
