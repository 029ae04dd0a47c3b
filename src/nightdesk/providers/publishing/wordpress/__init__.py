"""WordPress, by its REST API (wp/v2) and an application password.

site.py       the requests, each named for what it does
rendering.py  a post as WordPress wants it
publisher.py  the four moves
"""
