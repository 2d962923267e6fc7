"""REST of the search."""

from fastapi import APIRouter

from app.auth import CurrentActor, Right, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.payloads import SearchText
from app.core.http.problem_details import problem_answers
from app.search import service
from app.search.schemas import SearchView

router = APIRouter(tags=["search"])


@router.get(
    "/search",
    summary="Everything with this number or name",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def search(session: Reader, actor: CurrentActor, q: SearchText) -> Rendered[SearchView]:
    """Places, items, partners and documents that the caller may see and whose number or name contains the text; of
    each kind at most ten. Where there is none: places, items and partners with names like it, also by pinyin."""
    return Rendered(SearchView.of(service.search(session, q, actor=actor)))
