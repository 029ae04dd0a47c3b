"""Webhooks: what happened here, told to servers elsewhere, signed and at least once."""
