"""Where a gift has gone, for whoever has its receipt number; without a log-in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.auth.deps import SessionToken, person_or_nobody
from app.core.errors import NotFoundError
from app.core.http.deps import Now, OpenDatabase, Reader
from app.public.gifts import gift_by_receipt
from app.public.limits import limited
from app.web.kit.choices import is_code
from app.web.kit.rendering import PageLanguage, render

router = APIRouter(include_in_schema=False)


@router.get("/gifts", dependencies=[Depends(limited)])
def show_gift(
    request: Request,
    session: Reader,
    language: PageLanguage,
    database: OpenDatabase,
    clock: Now,
    token: SessionToken,
    receipt: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """A form for the number; with one, the gift's lots and the doors that they reached."""
    request.state.actor = person_or_nobody(request, database, clock, token)
    number = receipt.strip().upper()
    gift = None
    if is_code(number):
        try:
            gift = gift_by_receipt(session, number)
        except NotFoundError:
            gift = None
    status = 404 if number and gift is None else 200
    return render(request, "disclosure/gift.html", language, status=status, number=receipt, gift=gift)
