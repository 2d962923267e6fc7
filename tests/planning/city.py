"""A small city for tests of planning: two hospitals, a clinic, one warehouse, masks and suits."""

from datetime import date

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.auth import Actor
from app.catalog.models import FacilityType, Item, Substitution, SubstitutionFacilityType
from app.catalog.types import BaseUnit, Program
from app.core.clock import Clock
from app.core.rights import ALL_RIGHTS
from app.core.work import Work
from app.facilities.models import Facility, GeographicZone, Lane
from app.facilities.types import ZoneKind
from app.partners.models import Partner
from app.partners.types import PartnerKind
from app.planning.policies.schemas import NewPolicy
from app.planning.policies.service import create_policy

START = date(2020, 1, 31)

TYPES = ["designated_hospital", "hospital", "warehouse"]
FACILITIES = [("wh", "warehouse"), ("designated", "designated_hospital"), ("second", "hospital"), ("third", "hospital")]
POLICY = NewPolicy.model_validate(
    {
        "program": "medical",
        "title_zh": "办法",
        "title_en": "Policy",
        "horizon_days": 7,
        "bands": [
            {
                "name_zh": "底线",
                "name_en": "Floor",
                "caps": [{"tier": 1, "cap_permille": 500}, {"tier": 2, "cap_permille": 300}],
            },
            {"name_zh": "重点", "name_en": "Key points", "caps": [{"tier": 1, "cap_permille": 1000}]},
            {"name_zh": "其余", "name_en": "The rest", "caps": [{"tier": 2, "cap_permille": 1000}]},
        ],
        "tiers": [{"facility_type": "designated_hospital", "tier": 1}, {"facility_type": "hospital", "tier": 2}],
        "reserves": [],
    }
)


def build_city(session: Session, clock: Clock) -> None:
    """Enter everything but stock and needs."""
    city = GeographicZone(code="city", name_zh="市", name_en="City", kind=ZoneKind.CITY)
    types = {
        code: FacilityType(code=code, name_zh=code, name_en=code, keeps_stock=code == "warehouse") for code in TYPES
    }
    places = {
        code: Facility(code=code, name_zh=code, name_en=code, facility_type=types[kind], zone=city)
        for code, kind in FACILITIES
    }
    n95 = _mask("n95", "医用防护口罩", "Medical respirator", grade="GB 19083", value=12_000_000)
    kn95 = _mask("kn95", "KN95口罩", "KN95 mask", grade="GB 2626", value=6_000_000)
    substitution = Substitution(
        item=kn95, serves_item=n95, facility_types=[SubstitutionFacilityType(facility_type=types["hospital"])]
    )
    donor = Partner(code="donor", name_zh="捐", name_en="Donor", kind=PartnerKind.DONOR)
    session.add_all([city, *types.values(), *places.values(), n95, kn95, substitution, donor])
    session.add_all(Lane(warehouse=places["wh"], facility=place) for code, place in places.items() if code != "wh")
    session.flush()
    create_policy(Work(session, Actor.system("operator", ALL_RIGHTS), clock), POLICY)


def _mask(code: str, name_zh: str, name_en: str, *, grade: str, value: int) -> Item:
    return Item(
        code=code,
        program=Program.MEDICAL,
        name_zh=name_zh,
        name_en=name_en,
        base_unit=BaseUnit.PIECE,
        product_grade=grade,
        pack_units=10,
        shelf_life_days=1000,
        value_microyuan_per_unit=value,
    )


def post(client: TestClient, path: str, body: object) -> dict[str, object]:
    """Post and expect 201 or 200; returns the answer."""
    answer = client.post(f"/api/v1{path}", json=body)
    assert answer.status_code in (200, 201), f"{path}: {answer.text}"
    found: dict[str, object] = answer.json()
    return found


def receive(
    client: TestClient, item: str, units: int, lot: str, *, expiry: str = "2022-01-01", earmark: list[str] | None = None
) -> None:
    """Units of a donated lot come to the warehouse today."""
    line = {"item": item, "lot_code": lot, "accepted_units": units, "expiry_date": expiry, "earmark": earmark or []}
    post(
        client,
        "/receipts",
        {
            "partner": "donor",
            "supply_channel": "DONATION",
            "warehouse": "wh",
            "received_on": START.isoformat(),
            "confirmed_not_duplicate": True,
            "lines": [line],
        },
    )


def need(
    client: TestClient, facility: str, item: str, units: int, needed_by: str = "2020-02-02", *, kind: str = "EXTRA"
) -> str:
    """A reviewed requisition of one line; returns its code."""
    new = {
        "facility": facility,
        "program": "medical",
        "reported_on": START.isoformat(),
        "kind": kind,
        "extra_reason": "beside the report" if kind == "EXTRA" else "",
        "lines": [{"item": item, "requested_units": units, "needed_by": needed_by, "reason": "use"}],
    }
    code = str(post(client, "/requisitions", new)["code"])
    post(client, f"/requisitions/{code}/submit", {})
    post(client, f"/requisitions/{code}/review", {"basis": "requested"})
    return code
