"""Fetching what an address out of somebody else's hands names, without ever reaching a private network.

addresses.py   which addresses are public; names looked up and held to that
transport.py   connections to the very address that was checked
fetch.py       one file, with an end to its bytes, its time and its redirects
"""
