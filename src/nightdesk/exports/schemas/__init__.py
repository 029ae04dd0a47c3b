"""Shapes of the API of exports and reports."""
