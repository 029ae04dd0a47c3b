"""Errors, ids and redaction: what every layer may use. No Django, no Celery, no network."""
