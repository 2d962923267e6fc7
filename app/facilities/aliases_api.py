"""REST of facility aliases."""

from fastapi import APIRouter

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code, Name, SearchText
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, tagged
from app.facilities import aliases
from app.facilities.models import FacilityAlias
from app.facilities.schemas import FacilityAliasView, NewFacilityAlias

router = APIRouter()


@router.get(
    "/facility-aliases",
    summary="List the outside names of facilities",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def list_aliases(
    session: Reader, cursor: PageCursor, facility: Code | None = None, q: SearchText | None = None
) -> Rendered[Page[FacilityAliasView]]:
    """Names by which sheets call facilities: half-width, without case and spaces."""
    query = aliases.select_aliases(facility=facility, q=q)
    return show_page(session, query, FacilityAlias.id, cursor, FacilityAliasView)


@router.post(
    "/facility-aliases",
    status_code=201,
    summary="Enter an outside name of a facility",
    responses=problem_answers(409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def add_alias(new: NewFacilityAlias, work: Write, once: Once) -> Rendered[FacilityAliasView]:
    """From now on the name means the facility, however it is spaced or typed."""
    return once(work, lambda: tagged(aliases.add_alias(work, new), FacilityAliasView.of))


@router.get(
    "/facility-aliases/{alias:path}",
    summary="Show an outside name of a facility",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def show_alias(alias: Name, session: Reader, known: IfNoneMatch) -> Rendered[FacilityAliasView]:
    """Which facility it means."""
    return known.answer(aliases.alias_by_name(session, alias), FacilityAliasView.of)


@router.delete(
    "/facility-aliases/{alias:path}",
    status_code=204,
    summary="Remove an outside name of a facility",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def delete_alias(alias: Name, work: Write, if_match: IfMatch) -> None:
    """From now on the name means nothing."""
    aliases.delete_alias(work, alias, if_match)
