"""Campaigns: a brief, the channels it is meant for, and the pieces that are written for them."""
