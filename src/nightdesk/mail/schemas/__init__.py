"""Shapes of the API of mail."""
