"""Rows on their way into files."""
