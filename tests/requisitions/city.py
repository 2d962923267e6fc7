"""A small city for tests of requisitions: facilities of three kinds, five items, norms of two sets."""

from datetime import UTC, date, datetime
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.catalog.models import FacilityType, Item, ItemAlias, Norm, NormSet
from app.catalog.types import BaseUnit, NormBasis, Program
from app.facilities.models import Facility, GeographicZone
from app.facilities.types import ZoneKind

REQUISITIONS = "/api/v1/requisitions"
TODAY, SOON = "2020-01-31", "2020-02-03"
NOW = datetime(2020, 1, 31, 4, 0, tzinfo=UTC)


def build_city(session: Session) -> None:
    """Enter the city's rows.

    A suit's norm is 2 a day and isolation bed in the first set and 5 in the second; a mask's 4 a day and staff member.
    """
    city = GeographicZone(code="city", name_zh="市", name_en="City", kind=ZoneKind.CITY)
    session.add(city)
    session.flush()
    north, south = (
        GeographicZone(code=code, name_zh=name, name_en=code, kind=ZoneKind.DISTRICT, parent_id=city.id)
        for code, name in (("north", "北区"), ("south", "南区"))
    )
    fever, school, store = (
        FacilityType(code=code, name_zh=code, name_en=code, keeps_stock=code == "store")
        for code in ("fever_clinic", "school", "store")
    )
    session.add_all([north, south, fever, school, store])
    session.flush()
    names = [("suit", "防护服"), ("mask", "口罩"), ("goggles", "护目镜"), ("cap", "帽子"), ("rice", "大米")]
    items = {
        code: Item(
            code=code,
            name_zh=name,
            name_en=code.title(),
            base_unit=BaseUnit.PIECE,
            program=Program.LIVING if code == "rice" else Program.MEDICAL,
        )
        for code, name in names
    }
    sets = [NormSet(code=code, name_zh=code, name_en=code, source="test") for code in ("low", "wide")]
    session.add_all([*items.values(), *sets])
    session.flush()
    session.add(ItemAlias(alias="兔子服", item_id=items["suit"].id))
    for item, basis, figures in (
        ("suit", NormBasis.ISOLATION_BED, (2000, 5000)),
        ("mask", NormBasis.STAFF, (4000, 4000)),
    ):
        session.add_all(
            Norm(
                norm_set_id=norm_set.id,
                facility_type_id=fever.id,
                item_id=items[item].id,
                basis=basis,
                daily_use_milliunits=milliunits,
                source="test",
            )
            for norm_set, milliunits in zip(sets, figures, strict=True)
        )
    session.add_all(
        [
            _facility("clinic-1", "第一医院", fever, north, isolation_beds=10, staff=50),
            _facility("clinic-2", "第二医院", fever, south, isolation_beds=4, staff=20),
            _facility("closed-1", "旧医院", fever, south, active=False),
            _facility("school-1", "实验小学", school, north),
            _facility("school-2", "实验小学", school, south),
            _facility("store-1", "仓库", store, north),
        ]
    )


def _facility(code: str, name: str, kind: FacilityType, zone: GeographicZone, **more: Any) -> Facility:
    return Facility(code=code, name_zh=name, name_en=code, facility_type_id=kind.id, zone_id=zone.id, **more)


EXTRA = {"kind": "EXTRA", "extra_reason": "beside the report"}
"""Most tests enter several requisitions of one facility, none of which takes the place of another."""

REPORT = {"kind": "REPORT", "extra_reason": ""}
"""What states all that a facility needs."""


def line(item: str, units: int, needed_by: str = SOON, **more: Any) -> dict[str, Any]:
    """A line as the API takes it."""
    return {"item": item, "requested_units": units, "needed_by": needed_by, **more}


def draft(*lines: dict[str, Any], facility: str = "clinic-1", **more: Any) -> dict[str, Any]:
    """A requisition as the API takes it."""
    return {"facility": facility, "program": "medical", "reported_on": TODAY, "lines": list(lines), **EXTRA, **more}


def enter(client: TestClient, *lines: dict[str, Any], submit: bool = True, **more: Any) -> str:
    """Enter (and submit) a requisition; its code."""
    answer = client.post(REQUISITIONS, json=draft(*lines, **more))
    assert answer.status_code == 201, answer.json()
    code: str = answer.json()["code"]
    if submit:
        assert client.post(f"{REQUISITIONS}/{code}/submit").status_code == 200
    return code


def day(text: str) -> date:
    """The day as a date."""
    return date.fromisoformat(text)
