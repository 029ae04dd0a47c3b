"""Signed webhooks: a post as JSON, for a server of one's own."""
