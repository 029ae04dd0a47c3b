"""Exports and reports: rows as files, and numbers as a page, a PDF, a table and a mail."""
