"""REST of substitutions and norms."""

from fastapi import APIRouter
from sqlalchemy import select

from app.auth import Right, Write, needs
from app.catalog import norms, service
from app.catalog.models import Norm, NormSet, Substitution
from app.catalog.schemas import (
    NewNorm,
    NewNormSet,
    NewSubstitution,
    NormChange,
    NormSetChange,
    NormSetView,
    NormView,
    SubstitutionChange,
    SubstitutionView,
)
from app.catalog.types import NormBasis
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, OptionalIfMatch, tagged

router = APIRouter()


@router.get(
    "/substitutions",
    summary="List substitutions",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def list_substitutions(
    session: Reader,
    cursor: PageCursor,
    item: Code | None = None,
    serves_item: Code | None = None,
    facility_type: Code | None = None,
) -> Rendered[Page[SubstitutionView]]:
    """Which item may serve the need for which other, one way, and at which kinds of facility."""
    query = service.select_substitutions(item=item, serves_item=serves_item, facility_type=facility_type)
    return show_page(session, query, Substitution.id, cursor, SubstitutionView)


@router.post(
    "/substitutions",
    status_code=201,
    summary="Allow a substitution",
    responses=problem_answers(409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def create_substitution(new: NewSubstitution, work: Write, once: Once) -> Rendered[SubstitutionView]:
    """`item` may serve a need for `serves_item` at the kinds of facility named, and nowhere else."""
    return once(work, lambda: tagged(service.create_substitution(work, new), SubstitutionView.of))


@router.get(
    "/substitutions/{item}/{serves_item}",
    summary="Show a substitution",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def show_substitution(item: Code, serves_item: Code, session: Reader, known: IfNoneMatch) -> Rendered[SubstitutionView]:
    """One substitution."""
    return known.answer(service.substitution_of(session, item, serves_item), SubstitutionView.of)


@router.patch(
    "/substitutions/{item}/{serves_item}",
    summary="Change a substitution",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def change_substitution(
    item: Code, serves_item: Code, change: SubstitutionChange, work: Write, if_match: IfMatch
) -> Rendered[SubstitutionView]:
    """Only the fields named are changed; the kinds of facility are replaced as a whole."""
    return tagged(service.change_substitution(work, item, serves_item, change, if_match), SubstitutionView.of)


@router.delete(
    "/substitutions/{item}/{serves_item}",
    status_code=204,
    summary="Forbid a substitution",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def delete_substitution(item: Code, serves_item: Code, work: Write, if_match: IfMatch) -> None:
    """From now on the one may not serve for the other."""
    service.delete_substitution(work, item, serves_item, if_match)


@router.get(
    "/norm-sets", summary="List norm sets", responses=problem_answers(), dependencies=[needs(Right.CATALOG_READ)]
)
def list_norm_sets(session: Reader, cursor: PageCursor) -> Rendered[Page[NormSetView]]:
    """Sets of norms, each from one source."""
    return show_page(session, select(NormSet), NormSet.id, cursor, NormSetView)


@router.post(
    "/norm-sets",
    status_code=201,
    summary="Enter a norm set",
    responses=problem_answers(409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def create_norm_set(new: NewNormSet, work: Write, once: Once) -> Rendered[NormSetView]:
    """An empty set of norms from one source."""
    return once(work, lambda: tagged(norms.create_norm_set(work, new), NormSetView.of))


@router.get(
    "/norm-sets/{code}",
    summary="Show a norm set",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def show_norm_set(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[NormSetView]:
    """One norm set."""
    return known.answer(norms.norm_set_by_code(session, code), NormSetView.of)


@router.patch(
    "/norm-sets/{code}",
    summary="Change a norm set",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def change_norm_set(code: Code, change: NormSetChange, work: Write, if_match: IfMatch) -> Rendered[NormSetView]:
    """Its names and its source."""
    return tagged(norms.change_norm_set(work, code, change, if_match), NormSetView.of)


@router.get(
    "/norm-sets/{code}/norms",
    summary="List the norms of a set",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def list_norms(
    code: Code,
    session: Reader,
    cursor: PageCursor,
    facility_type: Code | None = None,
    item: Code | None = None,
    basis: NormBasis | None = None,
) -> Rendered[Page[NormView]]:
    """Use per day and bed, person or visit, with the source of each figure."""
    norm_set = norms.norm_set_by_code(session, code)
    query = norms.select_norms(norm_set, facility_type=facility_type, item=item, basis=basis)
    return show_page(session, query, Norm.id, cursor, NormView)


@router.post(
    "/norm-sets/{code}/norms",
    status_code=201,
    summary="Enter a norm",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def create_norm(code: Code, new: NewNorm, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[NormView]:
    """Use of an item at a kind of facility; an assumption is named as such in its source."""
    return once(work, lambda: tagged(norms.create_norm(work, code, new, if_match), NormView.of))


@router.get(
    "/norm-sets/{code}/norms/{facility_type}/{item}/{basis}",
    summary="Show a norm",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def show_norm(
    code: Code, facility_type: Code, item: Code, basis: NormBasis, session: Reader, known: IfNoneMatch
) -> Rendered[NormView]:
    """One norm."""
    return known.answer(norms.norm_of(session, code, facility_type, item, basis), NormView.of)


@router.patch(
    "/norm-sets/{code}/norms/{facility_type}/{item}/{basis}",
    summary="Change a norm",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def change_norm(
    code: Code, facility_type: Code, item: Code, basis: NormBasis, change: NormChange, work: Write, if_match: IfMatch
) -> Rendered[NormView]:
    """The figure and where it comes from."""
    norm = norms.lock_norm(work.session, code, facility_type, item, basis)
    return tagged(norms.change_norm(work, if_match.check(norm), change), NormView.of)


@router.delete(
    "/norm-sets/{code}/norms/{facility_type}/{item}/{basis}",
    status_code=204,
    summary="Remove a norm",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def delete_norm(code: Code, facility_type: Code, item: Code, basis: NormBasis, work: Write, if_match: IfMatch) -> None:
    """From now on the set says nothing of this use."""
    norm = norms.lock_norm(work.session, code, facility_type, item, basis)
    norms.delete_norm(work, if_match.check(norm))
