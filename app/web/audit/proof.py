"""The proof of the audit trail: its signed head, the whole of it as a file, and its verification from the page."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from threading import Lock

from fastapi import APIRouter, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from app.audit.export import export_line, read_head, read_records
from app.audit.signing import SignedHead, head_from_json, public_key_of, sign_head, signing_key
from app.audit.verify import verify_trail
from app.auth import Right, needs
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import BusyError, Fault, InvalidInputError, ServiceError
from app.core.http.deps import Now, OpenDatabase, Reader
from app.web.kit.downloads import file_answer
from app.web.kit.rendering import PageLanguage, render

router = APIRouter(include_in_schema=False)

FAULTS_SHOWN_MAX = 100
HEAD_BYTES_MAX = 10_000

# A verification reads everything: two at once would only make both slower.
_verifying = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verification found: nothing, or how many faults and the first of them."""

    records: int
    found: int
    shown: tuple[Fault, ...]
    with_head: bool


@router.get("/audit-head", dependencies=[needs(Right.AUDIT_READ)])
def show_head(request: Request, session: Reader, clock: Now, language: PageLanguage) -> Response:
    """The last record with its signature, to be kept elsewhere; and the button that verifies the trail."""
    return _show(request, session, clock, language)


@router.get("/audit-head/signed.json", dependencies=[needs(Right.AUDIT_READ)])
def download_head(request: Request, session: Reader, clock: Now, language: PageLanguage) -> Response:
    """The signed head as a file, as `tongchou audit head` prints it."""
    try:
        head = _signed(request, session, clock)
    except InvalidInputError:
        return _show(request, session, clock, language)
    return file_answer(json.dumps(asdict(head), indent=1).encode(), f"audit-head-{head.seq}.json", "application/json")


@router.get("/audit-export", dependencies=[needs(Right.AUDIT_READ)])
def download_records(database: OpenDatabase) -> Response:
    """Every record up to the present head, a line of JSON each, as `tongchou audit export` writes them."""
    with database.read() as session:
        head = read_head(session)

    def lines() -> Iterator[str]:
        for record in read_records(database, until=head.seq):
            yield export_line(record) + "\n"

    name = f"audit-records-{head.seq}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(lines(), media_type="application/jsonl", headers=headers)


@router.post("/audit-head/verification", dependencies=[needs(Right.AUDIT_READ)])
def verify(
    request: Request, database: OpenDatabase, clock: Now, language: PageLanguage, head: UploadFile | None = None
) -> Response:
    """What `tongchou audit verify` does, with a head exported earlier where one is given; it writes nothing."""
    refusal, verdict = None, None
    try:
        verdict = _verdict(request, database, head)
    except ServiceError as error:
        refusal = error
    with database.read() as session:
        return _show(request, session, clock, language, verdict, refusal)


def _verdict(request: Request, database: Database, given: UploadFile | None) -> Verdict:
    text = given.file.read(HEAD_BYTES_MAX).decode(errors="replace") if given is not None else ""
    heads = []
    if text.strip():
        heads = [head_from_json(text, public_key=public_key_of(signing_key(request.app.state.settings)))]
    if not _verifying.acquire(blocking=False):
        raise BusyError.of("Somebody else is verifying the trail just now; please wait for it.", code="verifying")
    try:
        found, shown = 0, []
        for fault in verify_trail(database, heads):
            found += 1
            if found <= FAULTS_SHOWN_MAX:
                shown.append(fault)
    finally:
        _verifying.release()
    with database.read() as session:
        records = read_head(session).seq
    return Verdict(records=records, found=found, shown=tuple(shown), with_head=bool(heads))


def _signed(request: Request, session: Session, clock: Clock) -> SignedHead:
    head = read_head(session)
    key = signing_key(request.app.state.settings)
    return sign_head(key, seq=head.seq, digest=head.digest, at=clock.now())


def _show(
    request: Request,
    session: Session,
    clock: Clock,
    language: str,
    verdict: Verdict | None = None,
    refusal: ServiceError | None = None,
) -> Response:
    signed = None
    try:
        signed = _signed(request, session, clock)
    except InvalidInputError as error:  # the key of the installation is not in order
        refusal = refusal or error
    answer = render(
        request,
        "audit/head.html",
        language,
        status=refusal.status if refusal else 200,
        head=read_head(session),
        signed=signed,
        verdict=verdict,
        refusal=refusal,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
