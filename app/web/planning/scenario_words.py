"""What a scenario changes, as sentences."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.core.i18n import name_of
from app.facilities.models import Facility
from app.planning.policies.models import Policy
from app.planning.scenarios.models import Scenario
from app.web.kit.rendering import Words


def change_texts(session: Session, scenario: Scenario, words: Words) -> list[str]:
    """One sentence a change, in their order."""
    codes = {str(value) for change in scenario.changes for value in (change.get("item"), change.get("warehouse"))}
    items = {item.code: item for item in session.scalars(select(Item).where(Item.code.in_(codes)))}
    names = {one.code: words.name(one) for one in session.scalars(select(Facility).where(Facility.code.in_(codes)))}
    names |= {code: words.name(item) for code, item in items.items()}
    policy = scenario.base_plan.policy
    return [_text(change, words, names, items, policy) for change in scenario.changes]


def _text(
    change: Mapping[str, Any], words: Words, names: Mapping[str, str], items: Mapping[str, Item], policy: Policy
) -> str:
    kind = change["kind"]
    if kind == "need":
        return _need_text(change, words, names)
    if kind == "arrivals_late":
        channel = words(f"channel.{change['channel']}") if "channel" in change else words("All channels")
        return words("Arrivals {days} days late: {channel}", days=change["days"], channel=channel)
    if kind == "channel_lost":
        return words("Nothing more from: {channel}", channel=words(f"channel.{change['channel']}"))
    if kind == "warehouse_lost":
        code = change["warehouse"]
        return words("Warehouse lost: {warehouse}", warehouse=names.get(code, code))
    if kind == "purchase":
        item = items[change["item"]]
        return words(
            "{quantity} more of {item} on {day} at {warehouse}",
            item=names[item.code],
            day=change["arrives_on"],
            quantity=words.quantity(change["quantity"], item.base_unit.value),
            warehouse=names.get(change["warehouse"], change["warehouse"]),
        )
    return words(
        "“{band}” serves tier {tier} up to {cap}",
        band=name_of(policy.bands[change["band"]], words.language),
        tier=change["tier"],
        cap=words.share(change["cap_permille"] / 1000),
    )


def _need_text(change: Mapping[str, Any], words: Words, names: Mapping[str, str]) -> str:
    tier = words("Tier {tier}", tier=change["tier"]) if "tier" in change else ""
    item = names.get(change["item"], change["item"]) if "item" in change else ""
    whose = words(", ").join(part for part in (tier, item) if part) or words("All needs")
    sign = "+" if change["percent"] > 0 else "−"
    return words("Need {percent} %: {whose}", percent=f"{sign}{abs(change['percent'])}", whose=whose)
