"""The pages and the live feed: templates, static files, thin views. Knows every app; nothing below knows it."""
