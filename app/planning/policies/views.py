"""Policies and tier raises as the API shows them."""

from app.planning.policies.models import Policy, TierRaise
from app.planning.policies.schemas import BandView, PolicyView, TierRaiseView


def policy_view(policy: Policy) -> PolicyView:
    """A version of a policy."""
    return PolicyView(
        program=policy.program,
        version=policy.version,
        title_zh=policy.title_zh,
        title_en=policy.title_en,
        horizon_days=policy.horizon_days,
        firm_days=policy.firm_days,
        max_age_hours=policy.max_age_hours,
        history_days=policy.history_days,
        allows_partial=policy.allows_partial,
        created_at=policy.created_at,
        created_by=policy.created_by,
        bands=[
            BandView(
                position=band.position,
                name_zh=band.name_zh,
                name_en=band.name_en,
                caps={cap.tier: cap.cap_permille for cap in band.caps},
            )
            for band in policy.bands
        ],
        tiers={row.facility_type.code: row.tier for row in policy.tiers},
        reserves={row.item.code: row.quantity for row in policy.reserves},
    )


def raise_view(raised: TierRaise) -> TierRaiseView:
    """A tier raise with its second leader and its end."""
    confirmed, ended = raised.confirmation, raised.ending
    return TierRaiseView(
        id=raised.id,
        facility=raised.facility.code,
        tier=raised.tier,
        reason=raised.reason,
        valid_from=raised.valid_from,
        valid_until=raised.valid_until,
        raised_by=raised.raised_by,
        raised_at=raised.raised_at,
        confirmed_by=confirmed.confirmed_by if confirmed is not None else None,
        confirmed_at=confirmed.confirmed_at if confirmed is not None else None,
        ended_by=ended.ended_by if ended is not None else None,
        ended_at=ended.ended_at if ended is not None else None,
        ending_reason=ended.reason if ended is not None else None,
    )
