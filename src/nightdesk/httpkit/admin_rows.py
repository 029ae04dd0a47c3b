"""What the rows of services have in common in Django's admin."""

from django.http import HttpRequest


class OnlyToLookAt:
    """Rows that nobody adds, changes or deletes in the admin: services and the clean-up do, with jobs and files.

    Stands before `ModelAdmin` or an inline among the bases.
    """

    def has_add_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Rows are written by services."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Changes go through the services."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Deleting goes through the services."""
        return False
