"""The plan in three sentences, before any table: how bad it is, where, and what would have to be bought."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from math import ceil
from typing import Any

from app.core.i18n import money_text, name_of, number_text, quantity_text, share_text, translate
from app.planning.plans.models import AllocationPlan, PlanDemand
from app.procurement.models import Offer

MICROYUAN_PER_FEN = 10_000
AS_GOOD_AS_MET = 0.995


def headline(
    plan: AllocationPlan,
    *,
    tier: Any,
    items: Sequence[Any],
    zones: Sequence[Any],
    worst: PlanDemand | None,
    offers: Iterable[tuple[Offer, int]],
    language: str,
) -> Iterator[str]:
    """The sentences in a language, at most three.

    `tier` is the row of the tier that comes first, `items` and `zones` the report's rows, `worst` the need that a
    leader must know of first, `offers` those that the plan could use with what it leaves of them, in base units.
    """
    last = (plan.start + timedelta(days=plan.horizon_days - 1)).isoformat()
    asked = [row for row in items if row.tier_shares.get(tier.tier) is not None]
    short = [row for row in asked if row.tier_shares[tier.tier] < AS_GOOD_AS_MET]
    types = translate(", ", language).join(name_of(one, language) for one in tier.types)
    if not short:
        message = "With this plan every item of tier {tier} ({types}) lasts to {last}."
        yield translate(message, language, tier=tier.tier, types=types, last=last)
        return
    scarcest = min(short, key=lambda row: row.tier_shares[tier.tier])
    yield translate(
        "Tier {tier} ({types}): {item} is scarcest and lasts for {days} of {horizon} days; {count} of {all} items do "
        "not last to {last}.",
        language,
        tier=tier.tier,
        types=types,
        item=name_of(scarcest.item, language),
        days=number_text(scarcest.tier_days(tier.tier), language, decimals=1),
        horizon=plan.horizon_days,
        count=len(short),
        all=len(asked),
        last=last,
    )
    yield from _where(zones, worst, language)
    yield _what_to_buy(plan, tier.tier, scarcest, offers, last, language)


def _where(zones: Sequence[Any], worst: PlanDemand | None, language: str) -> Iterator[str]:
    served = [row for row in zones if row.share is not None]
    if worst is None or not served:
        return
    least = min(served, key=lambda row: row.share)
    unit = worst.item.base_unit.value
    yield translate(
        "Worst off is {facility}: {item} {planned} of {wanted}; of the zones {zone}, with {share} met.",
        language,
        facility=name_of(worst.facility, language),
        item=name_of(worst.item, language),
        planned=quantity_text(worst.planned_units, unit, language),
        wanted=quantity_text(worst.wanted_units, unit, language),
        zone=name_of(least.zone, language),
        share=share_text(least.share, language),
    )


def _what_to_buy(
    plan: AllocationPlan, tier: int, row: Any, offers: Iterable[tuple[Offer, int]], last: str, language: str
) -> str:
    """What the scarcest item lacks for the first tier, and the cheapest offer that the plan leaves."""
    unit, item = row.item.base_unit.value, name_of(row.item, language)
    lacking = ceil(row.tier_wanted[tier] * (1 - row.tier_shares[tier]))
    needed = quantity_text(lacking, unit, language)
    left = sorted(
        ((offer, units) for offer, units in offers if offer.item_id == row.item.id and units > 0),
        key=lambda pair: (pair[0].unit_price_microyuan, pair[0].lead_days, pair[0].id),
    )
    if not left:
        message = "To carry tier {tier} to {last}, {needed} more of {item} are needed, and no offer of it is left."
        return translate(message, language, tier=tier, last=last, needed=needed, item=item)
    offer, units = left[0]
    bought = min(lacking, units)
    cost = money_text(ceil(bought * offer.unit_price_microyuan / MICROYUAN_PER_FEN), language)
    return translate(
        "To carry tier {tier} to {last}, {needed} more of {item} are needed; {partner} still offers {left} ({offer}): "
        "{bought} cost {cost} and come on {day}.",
        language,
        tier=tier,
        last=last,
        needed=needed,
        item=item,
        partner=name_of(offer.partner, language),
        left=quantity_text(units, unit, language),
        offer=offer.code,
        bought=quantity_text(bought, unit, language),
        cost=cost,
        day=(plan.start + timedelta(days=offer.lead_days)).isoformat(),
    )
