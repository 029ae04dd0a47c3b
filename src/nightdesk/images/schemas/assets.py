"""Shapes of the endpoints of pictures."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from nightdesk.httpkit.paging import PageQuery
from nightdesk.httpkit.schemas import In, Out, text
from nightdesk.httpkit.submits import Accepted
from nightdesk.images.models import MAX_NAME_CHARS, Asset, AssetParent, AssetState
from nightdesk.images.services import file_address
from nightdesk.providers.images.protocol import Operation

#: Of `models.Origin`, whose name a version of a text has in the document already.
OriginName = Literal["uploaded", "made", "screenshot"]


class AssetsQuery(PageQuery):
    """Filters of the library."""

    origin: OriginName | None = Field(None, description="Only uploads, made pictures, or screenshots.")
    operation: Operation | None = Field(None, description="Only what this operation made.")
    job: UUID | None = Field(None, description="Only what this job read or made.")
    q: str = Field("", max_length=MAX_NAME_CHARS, description="Only pictures with this in name or prompt, in any case.")


class UploadQuery(In):
    """What may be said about an upload in its address."""

    name: Annotated[str, text(MAX_NAME_CHARS, shortest=0)] = Field(
        "", description="A name for people; by default that of the file."
    )


class AssetPatch(In):
    """What may be changed of a picture."""

    name: Annotated[str, text(MAX_NAME_CHARS, shortest=0)]


class ThumbOut(Out):
    """A small copy."""

    side: int = Field(description="The longest side that it was made for, in pixels.")
    width: int
    height: int
    url: str


class AssetOut(Out):
    """A picture. Sizes are null until it is ready."""

    id: str
    name: str
    origin: OriginName
    state: AssetState = Field(description="coming: its job reads or makes it. refused: `refusal` says why.")
    refusal: str
    format: str | None = Field(description="jpeg, png, webp or avif.")
    width: int | None
    height: int | None
    size_bytes: int | None
    frames: int = Field(description="Above 1: it is animated.")
    sha256: str | None
    url: str | None = Field(description="The file; null until it is ready.")
    thumbnails: list[ThumbOut]
    owner: int | None = Field(description="The user's id; null when the user is gone.")
    job_id: UUID | None
    operation: str
    provider: str
    provider_version: str
    prompt: str
    refined_prompt: str
    parameters: dict[str, Any]
    seed: int | None
    warnings: list[str]
    generative_ai: bool
    digital_source_type: str = Field(description="A code of IPTC's vocabulary, also embedded in the file; empty: none.")
    created_at: datetime
    kept_at: datetime | None
    expires_at: datetime | None = Field(description="When it is removed unless somebody keeps it; null: never.")

    @classmethod
    def from_row(cls, asset: Asset) -> Self:
        """Show an asset's row; reads nothing else."""
        return cls(**_fields(asset))


class RelationOut(Out):
    """A picture that another was made from, or one that was made from it."""

    role: str = Field(description="The field of the task that named the one: image, target_image or mask.")
    asset_id: str | None = Field(description="Null when that picture was deleted.")


class AssetDetail(AssetOut):
    """A picture with its place in the tree of versions."""

    parents: list[RelationOut]
    children: list[RelationOut]

    @classmethod
    def from_rows(cls, asset: Asset, parents: Iterable[AssetParent], children: Iterable[AssetParent]) -> Self:
        """Show an asset with the rows that name it as child and as parent."""
        return cls(
            parents=[RelationOut(role=row.role, asset_id=row.parent_id) for row in parents],
            children=[RelationOut(role=row.role, asset_id=row.child_id) for row in children],
            **_fields(asset),
        )


class UploadAccepted(Accepted):
    """An upload was stored and will be read by the job `task_id`."""

    asset: AssetOut = Field(description="As it stood when it was stored.")


def _fields(asset: Asset) -> dict[str, Any]:
    is_ready = asset.state == AssetState.READY
    address = file_address(asset_id=asset.pk)
    same = (
        "id name origin state refusal frames job_id operation provider provider_version prompt refined_prompt parameters "
        "seed warnings digital_source_type created_at kept_at expires_at"
    )
    return {
        **{name: getattr(asset, name) for name in same.split()},
        "format": asset.format or None,
        "width": asset.width or None,
        "height": asset.height or None,
        "size_bytes": asset.size_bytes if is_ready else None,
        "sha256": asset.sha256 or None,
        "url": address if is_ready else None,
        "thumbnails": [
            ThumbOut(
                side=thumb["side"],
                width=thumb["width"],
                height=thumb["height"],
                url=file_address(asset_id=asset.pk, side=thumb["side"]),
            )
            for thumb in asset.thumbs
        ],
        "owner": asset.owner_id,
        "generative_ai": asset.is_generative_ai,
    }
