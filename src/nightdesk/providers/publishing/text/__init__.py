"""Markdown as each platform wants it, and how much of it there is.

The source is CommonMark with tables, strikethrough and bare addresses as links; pictures are `![alt](asset:<id>)`.
"""
