"""What a person finds in the head of every page: the sections and pages that their rights open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.auth import Actor, Right
from app.core.rights import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page in the head; `title` is an English message."""

    title: str
    address: str
    right: Right


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Pages that belong together; it leads to the first one that may be seen."""

    title: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Navigation:
    """The head of one page: sections as (title, address, is current), and the pages of the current section alike."""

    sections: Sequence[tuple[str, str, bool]]
    entries: Sequence[tuple[str, str, bool]]


SECTIONS: Sequence[Section] = (
    Section(
        title="Our facility",
        entries=(
            Entry(title="Our facility", address="/our-facility", right=Right.DELIVERY_CONFIRM),
            Entry(title="What comes to us", address="/our-supplies", right=Right.DELIVERY_CONFIRM),
        ),
    ),
    Section(title="Today", entries=(Entry(title="Today", address="/", right=Right.PLAN_READ),)),
    Section(
        title="Plans",
        entries=(
            Entry(title="Plans", address="/plans", right=Right.PLAN_READ),
            Entry(title="Plan runs", address="/plan-runs", right=Right.PLAN_READ),
            Entry(title="Scenarios", address="/scenarios", right=Right.PLAN_READ),
            Entry(title="Policies", address="/policies", right=Right.PLAN_READ),
            Entry(title="Tier raises", address="/tier-raises", right=Right.PLAN_READ),
            Entry(title="Directives", address="/directives", right=Right.PLAN_READ),
            Entry(title="Lower grades", address="/grade-permissions", right=Right.PLAN_READ),
        ),
    ),
    Section(
        title="Needs",
        entries=(
            Entry(title="Requisitions", address="/requisitions", right=Right.REQUISITION_READ),
            Entry(title="Needs census", address="/needs-census", right=Right.NEEDS_READ),
            Entry(title="Reports missing", address="/reporting-gaps", right=Right.NEEDS_READ),
        ),
    ),
    Section(
        title="Procurement",
        entries=(
            Entry(title="Purchase orders", address="/purchase-orders", right=Right.PROCUREMENT_READ),
            Entry(title="Donations", address="/pledges", right=Right.PROCUREMENT_READ),
            Entry(title="Offers", address="/offers", right=Right.PROCUREMENT_READ),
            Entry(title="Funds", address="/funds", right=Right.PROCUREMENT_READ),
            Entry(title="Subsidies", address="/subsidy-runs", right=Right.PROCUREMENT_READ),
            Entry(title="Partners", address="/partners", right=Right.PROCUREMENT_READ),
        ),
    ),
    Section(
        title="Market",
        entries=(
            Entry(title="Markets today", address="/market-series", right=Right.MARKET_READ),
            Entry(title="Enter values", address="/market-entry", right=Right.MARKET_REPORT),
            Entry(title="Values asked about", address="/questioned-values", right=Right.MARKET_READ),
            Entry(title="Alarms", address="/market-alerts", right=Right.MARKET_READ),
            Entry(title="Rules of alarms", address="/alert-rules", right=Right.MARKET_READ),
        ),
    ),
    Section(
        title="Stock",
        entries=(
            Entry(title="Stock", address="/stock", right=Right.STOCK_READ),
            Entry(title="Receipts", address="/receipts", right=Right.PROCUREMENT_READ),
            Entry(title="Lots", address="/lots", right=Right.STOCK_READ),
            Entry(title="What expires", address="/expiring-stock", right=Right.STOCK_READ),
            Entry(title="Counts", address="/counts", right=Right.STOCK_READ),
            Entry(title="Units of items", address="/item-units", right=Right.CATALOG_WRITE),
        ),
    ),
    Section(
        title="Dispatch",
        entries=(
            Entry(title="Deliveries", address="/deliveries", right=Right.DELIVERY_CONFIRM),
            Entry(title="Transfer orders", address="/transfer-orders", right=Right.DISPATCH_READ),
            Entry(title="Trips", address="/trips", right=Right.STOCK_READ),
            Entry(title="Delivery cases", address="/delivery-cases", right=Right.DISPATCH_READ),
            Entry(title="Recalls", address="/recalls", right=Right.DISPATCH_READ),
            Entry(title="Notices", address="/notices", right=Right.DISPATCH_READ),
            Entry(title="Fairness over time", address="/fairness", right=Right.NEEDS_READ),
        ),
    ),
    Section(
        title="Set up",
        entries=(
            Entry(title="What is missing", address="/city-setup", right=Right.CATALOG_WRITE),
            Entry(title="Lanes", address="/lanes", right=Right.CATALOG_WRITE),
            Entry(title="City workbook", address="/city-setup/workbook", right=Right.CATALOG_WRITE),
        ),
    ),
    Section(
        title="Disclosure",
        entries=(Entry(title="Published balance", address="/disclosure", right=Right.CATALOG_READ),),
    ),
    Section(
        title="Audit",
        entries=(
            Entry(title="Audit records", address="/audit-records", right=Right.AUDIT_READ),
            Entry(title="Proof of the trail", address="/audit-head", right=Right.AUDIT_READ),
        ),
    ),
    Section(
        title="Accounts",
        entries=(
            Entry(title="Accounts", address="/accounts", right=Right.ACCOUNT_READ),
            Entry(title="API keys", address="/api-keys", right=Right.ACCOUNT_READ),
            Entry(title="Notification rules", address="/notification-rules", right=Right.ACCOUNT_READ),
            Entry(title="Sent notifications", address="/notifications", right=Right.ACCOUNT_READ),
        ),
    ),
)
"""In the order of the work: what is decided, needed, bought, held, shipped, looked into."""


_STARTS: Mapping[Role, str] = {Role.WAREHOUSE: "/transfer-orders", Role.ADMINISTRATOR: "/city-setup"}
"""For roles whose day does not begin with the first page that they may read."""


def start_page(actor: Actor) -> str:
    """Where somebody begins after the log-in: the first page that is theirs, else their account."""
    if actor.must_see_to_account:
        return "/account"
    if actor.role is not None and actor.role in _STARTS:
        return _STARTS[actor.role]
    return next((one.address for section in SECTIONS for one in section.entries if actor.may(one.right)), "/account")


def navigation(actor: Actor | None, path: str) -> Navigation:
    """What the head shows on the page at `path`."""
    open_sections = []
    current: tuple[int, Section] | None = None
    for section in SECTIONS:
        entries = [one for one in section.entries if actor is not None and actor.may(one.right)]
        if not entries:
            continue
        open_sections.append((section, entries))
        reach = max((len(one.address) for one in entries if _is_below(path, one.address)), default=-1)
        if reach >= 0 and (current is None or reach > current[0]):
            current = (reach, section)
    here = current[1] if current is not None else None
    entries = next((entries for section, entries in open_sections if section is here), [])
    nearest = max((one.address for one in entries if _is_below(path, one.address)), key=len, default="")
    return Navigation(
        sections=[(section.title, entries[0].address, section is here) for section, entries in open_sections],
        entries=[(one.title, one.address, one.address == nearest) for one in entries] if len(entries) > 1 else [],
    )


def _is_below(path: str, address: str) -> bool:
    return path == address or (address != "/" and path.startswith(f"{address}/"))
