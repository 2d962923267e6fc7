"""What is shown of the work list."""

from datetime import datetime

from pydantic import Field

from app.core.http.payloads import View
from app.core.rights import Role
from app.worklist.types import TaskKind


class TaskView(View):
    """Work of one kind that waits for the caller, or that others are late with."""

    kind: TaskKind
    owner: Role
    count: int
    overdue: int
    due_at: datetime = Field(description="When the one that waits longest is due.")
    address: str = Field(description="The page on which it is done.")
    is_own: bool = Field(description="False: shown because its owner is late.")
