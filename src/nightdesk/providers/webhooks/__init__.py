"""Telling other servers what happened here, as Standard Webhooks describes it.

signing.py   secrets, and the three headers by which a receiver knows that it was us
sending.py   one delivery: what came of it, and whether it is worth another try
"""
