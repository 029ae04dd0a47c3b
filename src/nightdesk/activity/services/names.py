"""What things are called, looked up by what the log calls them."""

from typing import Final

from django.apps import apps

#: Kind of thing -> its model and the field with its name. By string: the log knows no other app.
_NAMED: Final[dict[str, tuple[str, str]]] = {
    "campaign": ("campaigns.Campaign", "name"),
    "brand_kit": ("campaigns.BrandKit", "name"),
    "asset": ("images.Asset", "name"),
    "post": ("publishing.Post", "title"),
    "account": ("publishing.PlatformAccount", "name"),
    "webhook": ("webhooks.WebhookEndpoint", "name"),
    "token": ("accounts.ApiToken", "name"),
    "mail": ("mail.OutboxMail", "subject"),
}


def name_of(subject: str) -> str:
    """Return what a thing is called now (`campaign:12`): one look by its key. "" for one that is gone or has no name."""
    kind, _, key = subject.partition(":")
    if kind not in _NAMED or not key or not key.isprintable():
        return ""
    label, field = _NAMED[kind]
    try:
        found = apps.get_model(label)._default_manager.filter(pk=key).values_list(field, flat=True).first()
    except (ValueError, OverflowError):  # the address holds what can be no key
        return ""
    return str(found or "")
