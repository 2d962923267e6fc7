"""What a merge takes in and shows."""

from pydantic import BaseModel, Field

from app.core.http.payloads import Code, Payload
from app.merging.types import Merged, MergeKind


class MergeOrder(Payload):
    """Into what a row shall be merged."""

    into: Code = Field(description="The one that stays.")


class MovedView(BaseModel):
    """Rows of one kind that were moved, added or taken out."""

    what: str
    keys: list[str]


class MergeView(BaseModel):
    """What became, or with `check` would become, one."""

    kind: MergeKind
    gone: str = Field(description="Closed; its names stay as other names of the one that stays.")
    kept: str
    entered: bool = Field(description="False where it was only checked.")
    moved: list[MovedView]

    @classmethod
    def of(cls, merged: Merged, *, entered: bool) -> "MergeView":
        """The answer to a merge or its check."""
        moved = [MovedView(what=one.what.value, keys=list(one.keys)) for one in merged.moved]
        return cls(kind=merged.kind, gone=merged.gone, kept=merged.kept, entered=entered, moved=moved)
