"""Policies in versions, and the raising of one facility's tier for a while."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.norms import norm_set_by_code
from app.catalog.service import facility_types_by_code, items_by_code
from app.catalog.types import Program
from app.core.errors import ConflictError, Fault, ForbiddenError, InvalidInputError, NotFoundError, missing
from app.core.records import lock_one_row, one_row
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import facility_by_code
from app.planning.policies.models import (
    Policy,
    PolicyBand,
    PolicyBandCap,
    PolicyReserve,
    PolicyTier,
    TierRaise,
    TierRaiseConfirmation,
    TierRaiseEnding,
)
from app.planning.policies.schemas import NewPolicy, NewTierRaise


def _repeated(keys: Iterable[str | int], where: str) -> list[Fault]:
    return [
        Fault("duplicate", "“{key}” is named more than once.", where, {"key": key})
        for key, times in Counter(keys).items()
        if times > 1
    ]


def policy_faults(new: NewPolicy) -> list[Fault]:
    """What contradicts itself in a policy: doubled tiers, types or items, and tiers that no band serves."""
    faults = _repeated((tier.facility_type for tier in new.tiers), "tiers")
    faults += _repeated((reserve.item for reserve in new.reserves), "reserves")
    for position, band in enumerate(new.bands):
        faults += _repeated((cap.tier for cap in band.caps), f"bands.{position}.caps")
    served = {cap.tier for band in new.bands for cap in band.caps if cap.cap_permille > 0}
    faults += [
        Fault("unserved_tier", "No band serves tier {tier}.", f"tiers.{position}", {"tier": tier.tier})
        for position, tier in enumerate(new.tiers)
        if tier.tier not in served
    ]
    return faults


def create_policy(work: Work, new: NewPolicy) -> Policy:
    """The next version of a program's policy; in force from now on.

    Raises InvalidInputError with every fault: unknown or doubled codes, tiers that no band serves.
    """
    InvalidInputError.raise_if(policy_faults(new))
    types = facility_types_by_code(work.session, [tier.facility_type for tier in new.tiers])
    items = items_by_code(work.session, [reserve.item for reserve in new.reserves])
    last = work.session.scalar(select(func.max(Policy.version)).where(Policy.program == new.program)) or 0
    policy = Policy(
        program=new.program,
        version=last + 1,
        title_zh=new.title_zh,
        title_en=new.title_en,
        horizon_days=new.horizon_days,
        firm_days=new.firm_days,
        max_age_hours=new.max_age_hours,
        history_days=new.history_days,
        allows_partial=new.allows_partial,
        created_at=work.now,
        created_by=work.actor.name,
        norm_set_id=norm_set_by_code(work.session, new.norm_set).id if new.norm_set else None,
        bands=[
            PolicyBand(
                position=position,
                name_zh=band.name_zh,
                name_en=band.name_en,
                caps=[PolicyBandCap(tier=cap.tier, cap_permille=cap.cap_permille) for cap in band.caps],
            )
            for position, band in enumerate(new.bands)
        ],
        tiers=[PolicyTier(facility_type_id=types[tier.facility_type].id, tier=tier.tier) for tier in new.tiers],
        reserves=[PolicyReserve(item_id=items[one.item].id, quantity=one.quantity) for one in new.reserves],
    )
    work.session.add(policy)
    work.record("POLICY_CREATED", "policy", f"{new.program.value}/{policy.version}", after=new.model_dump(mode="json"))
    return policy


def policy_in_force(session: Session, program: Program, version: int | None = None) -> Policy:
    """A version of a program's policy, the newest when none is named; NotFoundError where there is none."""
    query = select(Policy).where(Policy.program == program).order_by(Policy.version.desc()).limit(1)
    if version is not None:
        query = query.where(Policy.version == version)
    policy = session.scalars(query).unique().first()
    if policy is None:
        raise NotFoundError(missing("policy", f"{program.value}/{version or 'newest'}"))
    return policy


def raise_tier(work: Work, new: NewTierRaise) -> TierRaise:
    """Propose that one facility counts as a higher tier from one day to another; counts once another confirms it."""
    if new.valid_until < new.valid_from:
        raise InvalidInputError.of("The last day lies before the first.", where="valid_until", code="period")
    facility = facility_by_code(work.session, new.facility)
    raised = TierRaise(
        facility_id=facility.id,
        tier=new.tier,
        reason=new.reason,
        valid_from=new.valid_from,
        valid_until=new.valid_until,
        raised_by=work.actor.name,
        raised_at=work.now,
    )
    work.session.add(raised)
    work.session.flush()
    _record(work, raised, "TIER_RAISED", new.model_dump(mode="json"))
    return raised


class OwnConfirmationError(ForbiddenError):
    """Who proposed a tier raise may not confirm it (two leaders are needed)."""

    code = "own_confirmation"


def raise_by_id(session: Session, raise_id: int) -> TierRaise:
    """The tier raise; raises `NotFoundError`."""
    return one_row(session, select(TierRaise).where(TierRaise.id == raise_id), "tier raise", raise_id)


def lock_raise(session: Session, raise_id: int) -> TierRaise:
    """As `raise_by_id`, with the row locked until the transaction ends; raises `NotFoundError`."""
    query = select(TierRaise).where(TierRaise.id == raise_id)
    return lock_one_row(session, TierRaise, query, "tier raise", raise_id)


def confirm_raise(work: Work, raise_id: int, if_match: Precondition = ANY_VERSION) -> TierRaise:
    """Stand behind another leader's tier raise; from now on it counts in plans that begin while it is valid.

    Raises `OwnConfirmationError` for whoever proposed it, `ConflictError` where it is confirmed, ended or over.
    """
    raised = _standing(work.session, raise_id, if_match)
    if work.actor.name == raised.raised_by:
        message = "{actor} proposed this tier raise; another leader must confirm it."
        raise OwnConfirmationError.of(message, actor=work.actor.name)
    if raised.confirmation is not None:
        message = "This tier raise was confirmed already, by {actor}."
        raise ConflictError.of(message, code="already_confirmed", actor=raised.confirmation.confirmed_by)
    if raised.valid_until < work.today:
        message = "This tier raise was to end on {day}; propose a new one."
        raise ConflictError.of(message, code="raise_over", day=raised.valid_until.isoformat())
    raised.touch()
    raised.confirmation = TierRaiseConfirmation(
        raised_by=raised.raised_by, confirmed_by=work.actor.name, confirmed_at=work.now
    )
    _record(work, raised, "TIER_RAISE_CONFIRMED", {"raised_by": raised.raised_by})
    return raised


def end_raise(work: Work, raise_id: int, reason: str, if_match: Precondition = ANY_VERSION) -> TierRaise:
    """Turn a tier raise down before it counts, or call it off afterwards; raises `ConflictError` the second time."""
    raised = _standing(work.session, raise_id, if_match)
    raised.touch()
    raised.ending = TierRaiseEnding(ended_by=work.actor.name, ended_at=work.now, reason=reason)
    _record(work, raised, "TIER_RAISE_ENDED", {"reason": reason})
    return raised


def _standing(session: Session, raise_id: int, if_match: Precondition) -> TierRaise:
    raised = if_match.check(lock_raise(session, raise_id))
    if raised.ending is not None:
        message = "This tier raise was ended by {actor}: {reason}"
        params = {"actor": raised.ending.ended_by, "reason": raised.ending.reason}
        raise ConflictError.of(message, code="raise_ended", **params)
    return raised


def _record(work: Work, raised: TierRaise, action: str, after: Mapping[str, Any]) -> None:
    work.record(action, "tier_raise", raised.id, after=after)


def raised_tiers(session: Session, day: date) -> Mapping[str, int]:
    """The best raised tier in force on a day, by facility code: confirmed by a second leader, and not ended."""
    rows = session.execute(
        select(Facility.code, func.min(TierRaise.tier).label("tier"))
        .join(Facility, Facility.id == TierRaise.facility_id)
        .where(
            TierRaise.valid_from <= day,
            TierRaise.valid_until >= day,
            TierRaise.confirmation.has(),
            ~TierRaise.ending.has(),
        )
        .group_by(Facility.code)
    )
    return {row.code: row.tier for row in rows}
