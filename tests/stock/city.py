"""A small city for tests of stock: two items, two warehouses, two hospitals, a donor; and calls of the API."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.catalog.models import FacilityType, Item
from app.catalog.types import BaseUnit, Program
from app.core.clock import Clock
from app.core.rights import ALL_RIGHTS
from app.core.work import Work
from app.facilities.models import Facility, GeographicZone
from app.facilities.types import ZoneKind
from app.partners.models import Partner
from app.partners.types import PartnerKind, SupplyChannel
from app.stock.models import Lot
from app.stock.schemas import NewLot
from app.stock.service import Movement, ReservationLine, receive, register_lot
from app.stock.types import StockEnd, StockEventKind
from tests.conftest import TODAY

API = "/api/v1"
KEEPER = Actor.system("keeper", ALL_RIGHTS)


@dataclass(frozen=True, slots=True)
class City:
    """The ids of its facilities by code, and what can be ordered with them."""

    ids: dict[str, int]

    def shipment(self, lot_id: int, units: int, *, to: str = "h-1", on: date = TODAY) -> Movement:
        """Units that leave wh-1 for a hospital."""
        return Movement(
            kind=StockEventKind.SHIPMENT,
            lot_id=lot_id,
            quantity=units,
            from_end=StockEnd.WAREHOUSE,
            from_warehouse_id=self.ids["wh-1"],
            to_end=StockEnd.TRANSIT,
            facility_id=self.ids[to],
            occurred_on=on,
        )

    def transfer(self, lot_id: int, units: int, *, way: tuple[str, str] = ("wh-1", "wh-2")) -> Movement:
        """Units that go from one warehouse to the other."""
        return Movement(
            kind=StockEventKind.TRANSFER,
            lot_id=lot_id,
            quantity=units,
            from_end=StockEnd.WAREHOUSE,
            from_warehouse_id=self.ids[way[0]],
            to_end=StockEnd.WAREHOUSE,
            to_warehouse_id=self.ids[way[1]],
            occurred_on=TODAY,
        )

    def promise(self, lot_id: int, units: int, *, needed_on: date | None = None) -> ReservationLine:
        """Units in wh-1 to be kept for h-1."""
        return ReservationLine(
            lot_id=lot_id,
            warehouse_id=self.ids["wh-1"],
            quantity=units,
            facility_id=self.ids["h-1"],
            needed_on=needed_on,
        )


def build_city(session: Session) -> City:
    """Zones `city` with `east` below it; warehouses `wh-1` (city), `wh-2` (east); hospitals `h-1`, `h-2` (east)."""
    city = GeographicZone(code="city", name_zh="市", name_en="City", kind=ZoneKind.CITY)
    session.add(city)
    session.flush()
    east = GeographicZone(code="east", name_zh="东区", name_en="East", kind=ZoneKind.DISTRICT, parent_id=city.id)
    warehouse = FacilityType(code="warehouse", name_zh="仓库", name_en="Warehouse", keeps_stock=True)
    hospital = FacilityType(code="hospital", name_zh="医院", name_en="Hospital")
    session.add_all([east, warehouse, hospital])
    for code, kind, zone in (
        ("wh-1", warehouse, city),
        ("wh-2", warehouse, east),
        ("h-1", hospital, east),
        ("h-2", hospital, east),
    ):
        session.add(Facility(code=code, name_zh=code, name_en=code, facility_type=kind, zone=zone))
    session.add(Item(code="n95", program=Program.MEDICAL, name_zh="口罩", name_en="Mask", base_unit=BaseUnit.PIECE))
    session.add(Item(code="rice", program=Program.LIVING, name_zh="大米", name_en="Rice", base_unit=BaseUnit.GRAM))
    session.add(Partner(code="giver", name_zh="捐赠者", name_en="Giver", kind=PartnerKind.DONOR))
    session.flush()
    return City({place.code: place.id for place in session.scalars(select(Facility)).unique()})


def take_in(
    session: Session, clock: Clock, lot_id: int, units: int, *, on: date = TODAY, warehouse: str = "wh-1"
) -> int:
    """Receive units of a lot; the event's id."""
    lot = session.get_one(Lot, lot_id)
    place = session.scalars(select(Facility).where(Facility.code == warehouse)).unique().one()
    return receive(
        Work(session, KEEPER, clock),
        lot=lot,
        warehouse=place,
        quantity=units,
        occurred_on=on,
        reference_kind="physical_inventory",
        reference_key=f"PI-{lot.code}",
    ).id


def stocked_lot(
    session: Session, clock: Clock, code: str, units: int, *, item: str = "n95", warehouse: str = "wh-1", **more: object
) -> int:
    """The id of a donated lot with units of it received today; `more` are further fields of `NewLot`."""
    new = NewLot.model_validate(
        {"code": code, "item": item, "supply_channel": SupplyChannel.DONATION, "partner": "giver", **more}
    )
    lot_id = register_lot(Work(session, KEEPER, clock), new).id
    if units:
        take_in(session, clock, lot_id, units, warehouse=warehouse)
    return lot_id


def got(client: TestClient, path: str, **query: object) -> Any:
    """The JSON of a page or thing; `query` as in the address."""
    answer = client.get(f"{API}{path}", params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


def posted(client: TestClient, path: str, body: object = None, *, status: int = 201) -> Any:
    """The JSON that a POST is answered with, which must have the status."""
    answer = client.post(f"{API}{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def faults(answer: Any) -> list[tuple[str, str]]:
    """Where and what, for each fault of a problem."""
    return [(fault["where"], fault["code"]) for fault in answer["faults"]]


def movement(lot_id: int, quantity: int, kind: str = "LOSS", **more: object) -> dict[str, object]:
    """The payload of a movement out of wh-1 today."""
    body = {"kind": kind, "lot_id": lot_id, "quantity": quantity, "from_warehouse": "wh-1", "reason": "wet"}
    return {**body, "occurred_on": TODAY.isoformat(), **more}
