"""REST of the work list."""

from fastapi import APIRouter

from app.auth import CurrentActor, Right, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Now, Reader
from app.core.http.problem_details import problem_answers
from app.worklist import service
from app.worklist.schemas import TaskView

router = APIRouter(tags=["work list"])


@router.get(
    "/work-list",
    summary="What waits for the caller",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def read_work_list(session: Reader, actor: CurrentActor, clock: Now) -> Rendered[list[TaskView]]:
    """What is to be decided, sent, received or confirmed, with its due hour, most urgent first; then what others are
    late with."""
    return Rendered([TaskView.of(task) for task in service.work_list(session, actor, clock)])
