"""Telegram, by its Bot API: a bot writes to a channel or a group.

chat.py       the requests, each named for what it does
rendering.py  a post as Telegram wants it
publisher.py  the four moves
"""
