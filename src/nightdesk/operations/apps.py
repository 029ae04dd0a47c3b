"""Operations as a Django app; it has no tables of its own."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Looks at the engine's rows and asks the engine to act."""

    name = "nightdesk.operations"
    label = "operations"
