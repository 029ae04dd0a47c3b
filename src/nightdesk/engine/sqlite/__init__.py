"""Django's SQLite with writers that queue: `ENGINE = "nightdesk.engine.sqlite"`."""
