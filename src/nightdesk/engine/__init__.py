"""Durable jobs on Celery: the database is the truth, the broker is a doorbell. Knows no app."""
