"""Nightdesk: a self-hosted studio for small creative teams; slow work runs as durable jobs."""

from typing import Final

#: The one place the version is written; `pyproject.toml` reads it from here.
__version__: Final = "0.1.0"
