"""Operations as a Django app."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Looks at the engine's rows and asks the engine to act."""

    name = "nightdesk.operations"
    label = "operations"
