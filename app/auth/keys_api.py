"""The API of API keys, by which machines act."""

from fastapi import APIRouter, status

from app.auth import Write, keys
from app.auth.deps import needs
from app.auth.models import ApiKey
from app.auth.places import Places
from app.auth.schemas import ApiKeyView, NewApiKey, NewSecretView
from app.core.http.answers import Rendered
from app.core.http.deps import Now, Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch, OptionalIfMatch, tagged
from app.core.rights import Right

router = APIRouter(tags=["accounts"])


@router.get("/api-keys", summary="List API keys", responses=problem_answers(), dependencies=[needs(Right.ACCOUNT_READ)])
def list_keys(session: Reader, cursor: PageCursor, clock: Now, valid: bool | None = None) -> Rendered[Page[ApiKeyView]]:
    """Keys of machines; with `valid=true` only those that open something."""
    query = keys.select_keys(valid_at=clock.now() if valid else None)
    return show_page(session, query, ApiKey.id, cursor, ApiKeyView)


@router.post(
    "/api-keys",
    status_code=status.HTTP_201_CREATED,
    summary="Make an API key",
    responses=problem_answers(409),
    dependencies=[needs(Right.ACCOUNT_MANAGE)],
)
def create_key(new: NewApiKey, work: Write, places: Places, once: Once) -> Rendered[NewSecretView]:
    """Acts in a role with some of its rights, for so many days; the token is shown this once."""

    def create() -> Rendered[NewSecretView]:
        key, token = keys.create_key(work, new, directory=places)
        return Rendered(NewSecretView(key=ApiKeyView.of(key), token=token))

    return once(work, create, secret=True)


@router.get(
    "/api-keys/{code}",
    summary="Show an API key",
    responses=problem_answers(404),
    dependencies=[needs(Right.ACCOUNT_READ)],
)
def show_key(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[ApiKeyView]:
    """One key, without its secret."""
    return known.answer(keys.key_by_code(session, code), ApiKeyView.of)


@router.post(
    "/api-keys/{code}/revoke",
    summary="Revoke an API key",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.ACCOUNT_MANAGE)],
)
def revoke_key(code: Code, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[ApiKeyView]:
    """From now on it opens nothing."""
    return once(work, lambda: tagged(keys.revoke_key(work, code, if_match), ApiKeyView.of))
