"""Pictures of web pages, taken by a headless Chromium that can reach nothing but the public internet.

addresses.py   which addresses are taken at all
browser.py     where Chromium is, and with which rights it runs
proxy.py       the one way out of it: names are looked up, checked and held to
camera.py      a page from its address to its picture
faults.py      what the browser's errors mean
"""
