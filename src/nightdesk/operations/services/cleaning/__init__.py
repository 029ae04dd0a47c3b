"""What is over its time is removed, kind by kind, once a day."""

from nightdesk.operations.services.cleaning.duties import DUTIES, Cleaned, clean_up

__all__ = ["DUTIES", "Cleaned", "clean_up"]
