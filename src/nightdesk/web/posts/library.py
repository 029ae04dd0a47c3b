"""The newest pictures of the library, to choose one for a post."""

from typing import Final

from nightdesk.images.models import Asset, AssetState

#: What fits beside a text; older ones are found by their name.
MOST: Final = 12


def find_pictures(*, text: str, chosen: str) -> list[Asset]:
    """Return ready pictures, the newest first; with `text` those whose name holds it. `chosen` is always among them."""
    ready = Asset.objects.filter(state=AssetState.READY).order_by("-created_at", "-pk")
    found = list((ready.filter(name__icontains=text) if text else ready)[:MOST])
    if chosen and all(one.pk != chosen for one in found):
        found = [*ready.filter(pk=chosen), *found]
    return [one for one in found if not one.is_expired]
