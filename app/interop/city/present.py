"""What a database holds of the city, as rows of the workbook: payload fields by name, in plain JSON values."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import FacilityType, Item, ItemAlias, ItemUnit, Norm, NormSet, Substitution
from app.catalog.rules import fold_name
from app.catalog.schemas import (
    AliasView,
    FacilityTypeView,
    ItemUnitView,
    ItemView,
    NormSetView,
    NormView,
    SubstitutionView,
)
from app.catalog.types import Program
from app.core.http.payloads import View
from app.facilities.models import DispatchCapacity, Facility, FacilityAlias, GeographicZone, Lane, VehicleClass
from app.facilities.schemas import (
    DispatchCapacityView,
    FacilityAliasView,
    FacilityView,
    LaneView,
    VehicleClassView,
    ZoneView,
)
from app.interop.city.kinds import KINDS
from app.interop.city.sheet_kind import SheetKind
from app.partners.models import Partner
from app.partners.schemas import PartnerView
from app.planning.policies.models import Policy
from app.procurement.models import FundSource
from app.procurement.schemas import FundView
from app.stock.models import Lot, StockBalance
from app.stock.schemas import LotView

CityRow = dict[str, Any]
City = Mapping[str, Sequence[CityRow]]
"""Rows by the name of their kind."""


def present_city(session: Session, kinds: Iterable[SheetKind] = KINDS) -> dict[str, list[CityRow]]:
    """Everything that the workbook has a sheet for, each kind in the order in which it was entered."""
    return {kind.name: [_shown(kind, row) for row in _READERS[kind.name](session)] for kind in kinds}


def merged_names(session: Session) -> dict[str, dict[str, str]]:
    """By kind: what old codes and names of merged rows, folded, mean now; names that rows in use have are not in it."""
    found: dict[str, dict[str, str]] = {}
    keeps_stock = FacilityType.keeps_stock
    places = select(Facility.code, Facility.name_zh, Facility.name_en, Facility.merged_into).join(
        Facility.facility_type
    )
    for kind, query in (
        ("items", select(Item.code, Item.name_zh, Item.name_en, Item.merged_into)),
        ("partners", select(Partner.code, Partner.name_zh, Partner.name_en, Partner.merged_into)),
        ("facilities", places.where(~keeps_stock)),
        ("warehouses", places.where(keeps_stock)),
    ):
        rows = session.execute(query).all()
        in_use = {fold_name(text) for row in rows if row.merged_into is None for text in row[:3]}
        found[kind] = {
            fold_name(text): row.merged_into
            for row in rows
            if row.merged_into is not None
            for text in row[:3]
            if fold_name(text) not in in_use
        }
    return found


def _shown(kind: SheetKind, row: Mapping[str, Any]) -> CityRow:
    return {column.field: row.get(column.field) for column in kind.columns}


def _plain(query: Select[Any], view: type[View]) -> Callable[[Session], Iterator[CityRow]]:
    def read(session: Session) -> Iterator[CityRow]:
        for row in session.scalars(query).unique():
            yield view.snapshot(row)

    return read


def _facilities(keeps_stock: bool) -> Select[Facility]:
    kept = Facility.facility_type.has(FacilityType.keeps_stock == keeps_stock)
    return select(Facility).where(kept, Facility.merged_into.is_(None)).order_by(Facility.id)


def _zones(session: Session) -> Iterator[CityRow]:
    """Parents before the zones in them, else in the order of entry."""
    query = select(GeographicZone).options(joinedload(GeographicZone.parent)).order_by(GeographicZone.id)
    waiting, there = [ZoneView.snapshot(row) for row in session.scalars(query)], {None}
    while waiting:
        ready = [row for row in waiting if row["parent"] in there]
        yield from ready
        there |= {row["code"] for row in ready}
        waiting = [row for row in waiting if row["code"] not in there]


def _item_units(session: Session) -> Iterator[CityRow]:
    for unit in session.scalars(select(ItemUnit).order_by(ItemUnit.item_id, ItemUnit.base_units, ItemUnit.id)).unique():
        yield ItemUnitView.snapshot(unit) | {"item": unit.item.code}


def current_policies(session: Session) -> list[Policy]:
    """The policy in force of each program that has one."""
    newest = select(func.max(Policy.id)).group_by(Policy.program)
    found = {row.program: row for row in session.scalars(select(Policy).where(Policy.id.in_(newest))).unique()}
    return [found[program] for program in Program if program in found]


_POLICY_FIELDS = (
    "title_zh", "title_en", "horizon_days", "firm_days", "max_age_hours", "history_days", "allows_partial",
)  # fmt: skip


def _policies(session: Session) -> Iterator[CityRow]:
    sets = dict(session.execute(select(NormSet.id, NormSet.code)).all())
    for row in current_policies(session):
        values = {name: getattr(row, name) for name in _POLICY_FIELDS}
        norm_set = sets[row.norm_set_id] if row.norm_set_id is not None else None
        yield values | {"program": row.program.value, "norm_set": norm_set}


def _policy_bands(session: Session) -> Iterator[CityRow]:
    for policy in current_policies(session):
        for position, band in enumerate(policy.bands, 1):
            for cap in band.caps:
                yield {
                    "program": policy.program.value,
                    "position": position,
                    "name_zh": band.name_zh,
                    "name_en": band.name_en,
                    "tier": cap.tier,
                    "cap_permille": cap.cap_permille,
                }


def _policy_tiers(session: Session) -> Iterator[CityRow]:
    for policy in current_policies(session):
        for row in sorted(policy.tiers, key=lambda row: (row.tier, row.facility_type.code)):
            yield {"program": policy.program.value, "facility_type": row.facility_type.code, "tier": row.tier}


def _policy_reserves(session: Session) -> Iterator[CityRow]:
    for policy in current_policies(session):
        for row in sorted(policy.reserves, key=lambda row: row.item.code):
            yield {"program": policy.program.value, "item": row.item.code, "quantity": row.quantity}


def _stock(session: Session) -> Iterator[CityRow]:
    query = (
        select(Lot, Facility.code, StockBalance.on_hand)
        .join(StockBalance, StockBalance.lot_id == Lot.id)
        .join(Facility, Facility.id == StockBalance.warehouse_id)
        .where(StockBalance.on_hand > 0)
        .order_by(Lot.id, Facility.code)
    )
    for lot, warehouse, on_hand in session.execute(query).unique():
        yield LotView.snapshot(lot) | {"warehouse": warehouse, "quantity": on_hand}


_READERS: Mapping[str, Callable[[Session], Iterator[CityRow]]] = {
    "zones": _zones,
    "facility_types": _plain(select(FacilityType).order_by(FacilityType.id), FacilityTypeView),
    "items": _plain(select(Item).where(Item.merged_into.is_(None)).order_by(Item.id), ItemView),
    "item_units": _item_units,
    "item_aliases": _plain(select(ItemAlias).order_by(ItemAlias.id), AliasView),
    "substitutions": _plain(select(Substitution).order_by(Substitution.id), SubstitutionView),
    "norm_sets": _plain(select(NormSet).order_by(NormSet.id), NormSetView),
    "norms": _plain(select(Norm).order_by(Norm.id), NormView),
    "facilities": _plain(_facilities(keeps_stock=False), FacilityView),
    "warehouses": _plain(_facilities(keeps_stock=True), FacilityView),
    "facility_aliases": _plain(select(FacilityAlias).order_by(FacilityAlias.id), FacilityAliasView),
    "vehicle_classes": _plain(select(VehicleClass).order_by(VehicleClass.id), VehicleClassView),
    "lanes": _plain(select(Lane).order_by(Lane.id), LaneView),
    "capacities": _plain(
        select(DispatchCapacity).order_by(DispatchCapacity.warehouse_id, DispatchCapacity.day), DispatchCapacityView
    ),
    "partners": _plain(select(Partner).where(Partner.merged_into.is_(None)).order_by(Partner.id), PartnerView),
    "funds": _plain(select(FundSource).order_by(FundSource.id), FundView),
    "policies": _policies,
    "policy_bands": _policy_bands,
    "policy_tiers": _policy_tiers,
    "policy_reserves": _policy_reserves,
    "stock": _stock,
}
assert set(_READERS) == {kind.name for kind in KINDS}, "every sheet has its rows"
