"""The sheets of the city workbook in the order in which they are loaded."""

from collections.abc import Sequence

from app.interop.city.kinds_catalogue import (
    FACILITY_TYPES,
    ITEM_ALIASES,
    ITEM_UNITS,
    ITEMS,
    NORM_SETS,
    NORMS,
    SUBSTITUTIONS,
)
from app.interop.city.kinds_places import (
    CAPACITIES,
    FACILITIES,
    FACILITY_ALIASES,
    LANES,
    VEHICLE_CLASSES,
    WAREHOUSES,
    ZONES,
)
from app.interop.city.kinds_supply import FUNDS, PARTNERS, POLICIES, POLICY_BANDS, POLICY_RESERVES, POLICY_TIERS, STOCK
from app.interop.city.sheet_kind import SheetKind

KINDS: Sequence[SheetKind] = (
    ZONES, FACILITY_TYPES, ITEMS, ITEM_UNITS, ITEM_ALIASES, SUBSTITUTIONS, NORM_SETS, NORMS, WAREHOUSES, FACILITIES,
    FACILITY_ALIASES, VEHICLE_CLASSES, LANES, CAPACITIES, PARTNERS, FUNDS, POLICIES, POLICY_BANDS, POLICY_TIERS,
    POLICY_RESERVES, STOCK,
)  # fmt: skip
"""In the order of loading: what a row refers to comes before it."""

BY_NAME = {kind.name: kind for kind in KINDS}
POLICY_KINDS = (POLICIES, POLICY_BANDS, POLICY_TIERS, POLICY_RESERVES)
