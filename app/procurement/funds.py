"""Funds: money that may be spent, and the commitments that keep it from being spent twice."""

from dataclasses import dataclass

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session, joinedload

from app.core.errors import BusyError, Fault
from app.core.records import add_row, lock_row_by_code, row_by_code, set_fields, taken
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.procurement.models import FundCommitment, FundSource
from app.procurement.rules import FundOverspentError, overspend_fault
from app.procurement.schemas import CommitmentView, FundChange, FundView, NewFund
from app.procurement.types import OverspendRule


@dataclass(frozen=True, slots=True, kw_only=True)
class FundUse:
    """A commitment, and the warning to answer with where it overspends a WARN fund."""

    commitment: FundCommitment
    warnings: tuple[Fault, ...]


def fund_by_code(session: Session, code: str) -> FundSource:
    """The fund with this code; raises `NotFoundError`."""
    return row_by_code(session, FundSource, "fund", code)


def lock_fund(session: Session, code: str) -> FundSource:
    """As `fund_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, FundSource, "fund", code)


def select_funds() -> Select[FundSource]:
    """All funds."""
    return select(FundSource)


def select_commitments(
    *,
    fund: str | None = None,
    reference_kind: str | None = None,
    reference_key: str | None = None,
    open_only: bool = False,
) -> Select[FundCommitment]:
    """The commitments that all the filters given let pass."""
    query = select(FundCommitment).join(FundCommitment.fund_source).options(joinedload(FundCommitment.fund_source))
    if fund is not None:
        query = query.where(FundSource.code == fund)
    if reference_kind is not None:
        query = query.where(FundCommitment.reference_kind == reference_kind)
    if reference_key is not None:
        query = query.where(FundCommitment.reference_key == reference_key)
    if open_only:
        query = query.where(FundCommitment.released_at.is_(None))
    return query


def create_fund(work: Work, new: NewFund) -> FundSource:
    """Enter a fund; raises `ConflictError` when its code is taken."""
    fund = FundSource(**dict(new), committed_fen=0)
    add_row(work.session, fund, taken("fund", new.code))
    work.record("FUND_CREATED", "fund_source", fund.code, after=FundView.snapshot(fund))
    return fund


def change_fund(work: Work, code: str, change: FundChange, if_match: Precondition = ANY_VERSION) -> FundSource:
    """Change the fields named of a fund.

    Raises `FundOverspentError` where a STOP fund would have less than is already committed.
    """
    fund = if_match.check(lock_fund(work.session, code))
    before = FundView.snapshot(fund)
    given = change.given()
    rule = given.get("on_overspend", fund.on_overspend)
    refusal = overspend_fault(code, rule, given.get("amount_fen", fund.amount_fen), fund.committed_fen)
    if refusal is not None and rule is OverspendRule.STOP:
        raise FundOverspentError(refusal)
    set_fields(fund, given)
    work.record_change("FUND_CHANGED", "fund_source", code, before=before, after=FundView.snapshot(fund))
    return fund


def commit_fund(work: Work, fund: FundSource, amount_fen: int, reference_kind: str, reference_key: str) -> FundUse:
    """Take `amount_fen` of a fund for a document.

    Raises `FundOverspentError` where a STOP fund has less left; a WARN fund gives it and the use carries a warning.
    Check and addition are one statement, so that two writers can never both take the last of it.
    """
    assert amount_fen >= 0, "a commitment below 0"
    committed_fen = FundSource.committed_fen + amount_fen
    within = or_(FundSource.on_overspend == OverspendRule.WARN, committed_fen <= FundSource.amount_fen)
    taken_id = work.session.scalar(
        update(FundSource)
        .where(FundSource.id == fund.id, within)
        .values(committed_fen=committed_fen, version=FundSource.version + 1)
        .returning(FundSource.id)
        .execution_options(synchronize_session=False)
    )
    work.session.refresh(fund)
    after_fen = fund.committed_fen if taken_id is not None else fund.committed_fen + amount_fen
    overspent = overspend_fault(fund.code, fund.on_overspend, fund.amount_fen, after_fen)
    if taken_id is None:
        # Enough after all: somebody else gave some back between the two statements, so the next call succeeds.
        raise FundOverspentError(overspent) if overspent is not None else BusyError()
    commitment = FundCommitment(
        fund_source=fund,
        amount_fen=amount_fen,
        reference_kind=reference_kind,
        reference_key=reference_key,
        committed_at=work.now,
    )
    work.session.add(commitment)
    work.session.flush()
    work.record(
        "FUND_COMMITTED",
        "fund_source",
        fund.code,
        after=CommitmentView.snapshot(commitment) | {"committed_fen": fund.committed_fen},
    )
    return FundUse(commitment=commitment, warnings=(overspent,) if overspent is not None else ())


def release_fund(work: Work, reference_kind: str, reference_key: str, *, keep_fen: int = 0) -> int:
    """Give back what a document has taken of its fund, but for `keep_fen`; returns the fen given back.

    Nothing happens where the document has no open commitment, so releasing twice gives back once.
    """
    query = select_commitments(reference_kind=reference_kind, reference_key=reference_key, open_only=True)
    locked = query.order_by(FundCommitment.id).with_for_update(of=FundCommitment)
    given_back_fen = 0
    for commitment in work.session.scalars(locked.execution_options(populate_existing=True)).all():
        before = CommitmentView.snapshot(commitment)
        kept_fen = min(keep_fen, commitment.amount_fen)
        keep_fen -= kept_fen
        back_fen = commitment.amount_fen - kept_fen
        if back_fen == 0:
            continue
        if kept_fen == 0:
            commitment.released_at = work.now
        else:
            commitment.amount_fen = kept_fen
        given_back_fen += back_fen
        _give_back(work.session, commitment.fund_source, back_fen)
        work.record_change(
            "FUND_RELEASED",
            "fund_source",
            commitment.fund_source.code,
            before=before,
            after=CommitmentView.snapshot(commitment),
        )
    return given_back_fen


def _give_back(session: Session, fund: FundSource, amount_fen: int) -> None:
    session.flush()
    session.execute(
        update(FundSource)
        .where(FundSource.id == fund.id)
        .values(committed_fen=FundSource.committed_fen - amount_fen, version=FundSource.version + 1)
        .execution_options(synchronize_session=False)
    )
    session.refresh(fund)
