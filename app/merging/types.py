"""What a merge is about: no tables, so that rules and schemas can use it."""

from dataclasses import dataclass
from enum import StrEnum


class MergeKind(StrEnum):
    """What can be merged."""

    FACILITY = "facility"
    """Warehouses among them."""
    ITEM = "item"
    PARTNER = "partner"


class MovedKind(StrEnum):
    """What a merge moves, adds or takes out."""

    REQUISITIONS = "requisitions"
    ALIASES = "aliases"
    NEW_ALIASES = "new_aliases"
    LANES = "lanes"
    LANES_DROPPED = "lanes_dropped"
    CAPACITIES = "capacities"
    CAPACITIES_DROPPED = "capacities_dropped"
    ACCOUNTS = "accounts"
    API_KEYS = "api_keys"
    LOTS = "lots"
    EARMARKED_LOTS = "earmarked_lots"
    PLEDGES = "pledges"
    OFFERS = "offers"
    ORDERS = "orders"
    UNITS = "units"
    UNITS_DROPPED = "units_dropped"
    NORMS = "norms"
    NORMS_DROPPED = "norms_dropped"
    SUBSTITUTIONS = "substitutions"
    SUBSTITUTIONS_DROPPED = "substitutions_dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Rows of one kind that a merge touches, by their business keys."""

    what: MovedKind
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became, or would become, one."""

    kind: MergeKind
    gone: str
    kept: str
    moved: tuple[Moved, ...]
