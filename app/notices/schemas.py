"""What is shown of notices."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.core.http.payloads import CodeOf, View
from app.core.rights import Role


class NoticeView(View):
    """A notice."""

    id: int
    kind: str
    text: Annotated[str, BeforeValidator(str)] = Field(
        validation_alias="told", description="In English; `message` and `params` are its parts."
    )
    message: str
    params: dict[str, Any]
    place: CodeOf | None = Field(description="The facility or warehouse whose people it is for.")
    role: Role | None = Field(description="The role that it is for, where it is not for one place.")
    address: str = Field(description="The page on which something can be done about it.")
    left_at: datetime
    left_by: str
    read_at: datetime | None
    read_by: str
