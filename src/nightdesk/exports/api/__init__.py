"""The API of exports and reports."""
