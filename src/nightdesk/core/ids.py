"""Ids that are made here, not by the database."""

import uuid

from uuid_utils import compat


def new_job_id() -> uuid.UUID:
    """Make a UUIDv7 (RFC 9562): unique, and later ones sort after earlier ones of the same process."""
    return compat.uuid7()
