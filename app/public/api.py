"""REST without a log-in: `/public/v1`, readable from every site, at most 120 requests a minute and address."""

import hashlib
from collections.abc import Callable

from fastapi import APIRouter, Depends, Response

from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch, etag_of
from app.public.balance import balance_csv, balance_view, newest
from app.public.gifts import gift_by_receipt
from app.public.limits import limited
from app.public.schemas import LICENCE, PublicBalance, PublicGift

router = APIRouter(tags=["public"], prefix="/public/v1", dependencies=[Depends(limited)])

_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag",
    "Cache-Control": "public, max-age=60",
    "Link": '<https://creativecommons.org/licenses/by/4.0/>; rel="license"',
}


@router.get("/balance", summary="The balance published last", responses=problem_answers(404, 429))
def show_balance(session: Reader, known: IfNoneMatch) -> Rendered[PublicBalance]:
    """Per item and channel, and per item and facility; a correction is a new version with its reason."""
    answer = known.answer(newest(session), lambda disclosure: balance_view(session, disclosure))
    answer.headers.update(_HEADERS)
    return answer


@router.get(
    "/balance.csv",
    summary="The balance published last, as CSV",
    responses=problem_answers(404, 429),
    response_class=Response,
)
def show_balance_csv(session: Reader) -> Response:
    """The lines per item and channel; the same numbers as in `/public/v1/balance`."""
    disclosure = newest(session)
    text = balance_csv(balance_view(session, disclosure))
    headers = {**_HEADERS, "ETag": f'{etag_of(disclosure)[:-1]}-csv"', "X-Licence": LICENCE}
    return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/gifts/{receipt}", summary="Where a gift has gone", responses=problem_answers(404, 429))
def show_gift(receipt: Code, session: Reader, known: IfNoneMatch) -> Rendered[PublicGift]:
    """By the number on the receipt: its lots, where their units are, and which facilities took them at the door."""
    gift = gift_by_receipt(session, receipt)
    seen = gift.model_dump_json().encode()
    answer = known.answer(_Digested(seen), _always(gift))
    answer.headers.update(_HEADERS)
    return answer


class _Digested:
    """What has no row of its own, with a number made of what is shown in place of its version."""

    id = 0

    def __init__(self, shown: bytes) -> None:
        self.version = int.from_bytes(hashlib.sha256(shown).digest()[:8], "big")


def _always(gift: PublicGift) -> Callable[[object], PublicGift]:
    return lambda _: gift
