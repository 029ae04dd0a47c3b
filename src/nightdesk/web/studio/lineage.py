"""Where a picture comes from and what became of it: a tree of versions."""

from dataclasses import dataclass, field
from typing import Final

from nightdesk.images.models import Asset, AssetParent, AssetState
from nightdesk.providers.images.protocol import Operation

#: More steps back, or more versions, are no tree that fits a page.
MOST_STEPS: Final = 12
MOST_VERSIONS: Final = 40


@dataclass(slots=True)
class Version:
    """One picture of the tree, with what was made of it."""

    asset: Asset
    is_current: bool = False
    children: list["Version"] = field(default_factory=list)

    @property
    def stamp(self) -> str:
        """Differs whenever the tree would look different."""
        return f"{self.asset.pk}{self.asset.name}({'-'.join(child.stamp for child in self.children)})"


def find_before(asset: Asset) -> Asset | None:
    """Return the picture that this one was before; None: it was not made from one, or that is gone."""
    parents = {
        parent.role: parent.parent
        for parent in asset.parents.select_related("parent")
        if parent.parent is not None and parent.parent.state == AssetState.READY and not parent.parent.is_expired
    }
    return parents.get(_role_of(asset.operation))


def find_helpers(asset: Asset) -> list[AssetParent]:
    """List the other pictures that went into this one, with their roles: a face, an example, a mask."""
    parents = asset.parents.select_related("parent").exclude(role=_role_of(asset.operation)).order_by("role")
    return [parent for parent in parents if parent.parent is not None and parent.parent.state == AssetState.READY]


def find_versions(asset: Asset) -> Version:
    """Return the tree of versions from the oldest one down: at most `MOST_STEPS` deep and `MOST_VERSIONS` large."""
    root = asset
    for _step in range(MOST_STEPS):
        before = find_before(root)
        if before is None:
            break
        root = before
    tree = Version(root, is_current=root.pk == asset.pk)
    level, seen = {root.pk: tree}, {root.pk}
    while level and len(seen) < MOST_VERSIONS:
        level = _add_children(level, seen, asset.pk)
    return tree


def _add_children(level: dict[str, Version], seen: set[str], current: str) -> dict[str, Version]:
    added: dict[str, Version] = {}
    found = AssetParent.objects.filter(parent_id__in=list(level), child__state=AssetState.READY)
    for link in found.select_related("child").order_by("child__created_at", "child_id"):
        child = link.child
        if link.role != _role_of(child.operation) or child.pk in seen or child.is_expired:
            continue
        if len(seen) >= MOST_VERSIONS:
            break
        seen.add(child.pk)
        added[child.pk] = Version(child, is_current=child.pk == current)
        level[str(link.parent_id)].children.append(added[child.pk])
    return added


def _role_of(operation: str) -> str:
    """Name the role of the picture that was changed; the others (a face, an example, a mask) only helped."""
    return "target_image" if operation == Operation.FACE_SWAP else "image"
