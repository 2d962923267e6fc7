"""The sample's files by themselves: facts as their sources have them, codes that fit together, claims by the rule."""

from collections import Counter
from datetime import date
from itertools import permutations

import pytest

from app.catalog.schemas import NewItem, NewNorm, NewSubstitution
from app.catalog.types import BaseUnit, NormBasis, Program
from app.facilities.schemas import NewFacility, NewZone
from app.planning.policies.schemas import NewPolicy
from app.procurement.schemas import NewFund
from app.sample.city import read_city
from app.sample.claims import (
    ClaimException,
    ClaimRule,
    Course,
    SampleNorm,
    Stage,
    claimed_units,
    claims_of,
    daily_use_milliunits,
)
from app.sample.files import read_one, read_rows
from app.sample.roads import lane_between, road_km
from app.sample.supply import BlockedLot, SampleOrder, SamplePledge, SampleReceipt

FACILITIES = read_rows("facilities", NewFacility)
ITEMS = read_rows("items", NewItem)
NORMS = read_rows("norms", SampleNorm)
RULE = read_one("claims", ClaimRule)
ZONES = read_rows("zones", NewZone)
CASES_13_FEBRUARY = {
    "hetang": 21, "chaling": 11, "tianyuan": 10, "shifeng": 9, "lusong": 9, "liling": 8, "youxian": 7, "yunlong": 2,
}  # fmt: skip
URBAN = {"hetang", "lusong", "shifeng", "tianyuan", "lukou", "yunlong"}


def of_type(facility_type: str) -> list[NewFacility]:
    return [facility for facility in FACILITIES if facility.facility_type == facility_type]


def by_code(code: str) -> NewFacility:
    return next(facility for facility in FACILITIES if facility.code == code)


def test_ten_zones_lie_under_the_city_and_hold_all_its_residents() -> None:
    city, *zones = ZONES
    assert (city.parent, {zone.parent for zone in zones}, len(zones)) == (None, {city.code}, 10)
    assert city.residents == sum(zone.residents for zone in zones) == 4_300_000


def test_tiles_keep_west_to_east_and_north_to_south() -> None:
    zones = [zone for zone in ZONES if zone.parent]
    columns = {zone.code: zone.tile_column or 0 for zone in zones}
    rows = {zone.code: zone.tile_row or 0 for zone in zones}
    assert len(set(zip(columns.values(), rows.values(), strict=True))) == len(zones)
    for zone, other in permutations(zones, 2):
        if columns[zone.code] < columns[other.code]:
            assert (zone.longitude_e6 or 0) < (other.longitude_e6 or 0)
        if rows[zone.code] < rows[other.code]:
            assert (zone.latitude_e6 or 0) >= (other.latitude_e6 or 0)


def test_there_are_facilities_of_all_kinds_and_who_is_real_is_said() -> None:
    assert 80 <= len(FACILITIES) <= 150
    assert len({facility.code for facility in FACILITIES}) == len(FACILITIES)
    assert len(of_type("checkpoint")) == 35
    assert len(of_type("warehouse")) == 4
    real = {facility.name_zh for facility in FACILITIES if not facility.synthetic}
    named = {"株洲市中心医院", "省直中医院", "株洲市二医院", "渌口区人民医院", "中车株洲"}
    assert real == named
    assert by_code("central-hospital").beds == 1_776
    made_up = [one for one in FACILITIES if one.synthetic and one.facility_type != "warehouse"]
    assert all("示例" in one.name_zh and "(sample)" in one.name_en for one in made_up)


def test_beds_follow_the_cases_of_the_bulletin() -> None:
    for hospital in of_type("designated_hospital"):
        served = URBAN if hospital.zone == "lukou" else {hospital.zone}
        cases = sum(CASES_13_FEBRUARY.get(zone, 0) for zone in served)
        assert hospital.isolation_beds == max(12, 2 * cases), hospital.code
        assert hospital.isolation_beds <= hospital.beds
    for zone in {site.zone for site in of_type("isolation_site")}:
        beds = sum(site.beds for site in of_type("isolation_site") if site.zone == zone)
        assert beds == max(20, 6 * CASES_13_FEBRUARY.get(zone, 0)), zone


def test_communities_hold_all_residents_of_their_zone() -> None:
    residents = Counter[str]()
    for community in of_type("community"):
        residents[community.zone] += community.residents_served
    assert residents == {zone.code: zone.residents for zone in ZONES if zone.code != "zhuzhou"}


def test_a_kn95_never_serves_a_designated_hospital_or_a_fever_clinic() -> None:
    for substitution in read_rows("substitutions", NewSubstitution):
        if substitution.serves_item == "medical-respirator":
            assert not {"designated_hospital", "fever_clinic"} & set(substitution.facility_types)


@pytest.mark.parametrize("row", read_rows("substitutions", NewSubstitution), ids=lambda row: f"{row.item}")
def test_substitutions_name_items_of_one_program_that_are_asked_for_there(row: NewSubstitution) -> None:
    program_of = {item.code: item.program for item in ITEMS}
    assert program_of[row.item] is program_of[row.serves_item]
    asking = {norm.facility_type for norm in NORMS if norm.item == row.serves_item}
    assert set(row.facility_types) <= asking


def test_practice_norms_are_the_reported_need_over_the_open_beds() -> None:
    practice = {
        norm.item: norm.daily_use_milliunits
        for norm in NORMS
        if (norm.norm_set, norm.facility_type, norm.basis) == ("wuhan-practice", "designated_hospital", "isolation_bed")
    }
    reported = {"protective-suit": 59_900, "medical-respirator": 119_000, "goggles": 22_500}
    assert {item: round(1000 * units / 14_145) for item, units in reported.items()} == {
        item: practice[item] for item in reported
    }
    esft = {
        norm.item: norm.daily_use_milliunits
        for norm in NORMS
        if (norm.norm_set, norm.facility_type) == ("who-esft", "designated_hospital")
    }
    severe = {"protective-suit": 2_420, "medical-respirator": 2_280, "goggles": 240, "surgical-mask": 11_600}
    assert {item: esft[item] for item in severe} == severe


def test_every_norm_says_where_it_comes_from_and_assumptions_say_so() -> None:
    sourced = ("Wuhan", "Xiaogan", "ESFT", "Target", "Floor", "All ")
    assert all(norm.source.startswith(("Assumption: ", *sourced)) for norm in NORMS)


def test_funds_are_the_facts() -> None:
    amounts = {fund.code: fund.amount_fen for fund in read_rows("funds", NewFund)}
    assert amounts == {"city-special": 10_174_000_000, "central-subsidy": 507_400_000, "party-dues": 476_900_000}


def test_stock_of_31_january_is_what_the_city_issued_that_day() -> None:
    blocked = {(lot.item, lot.lot_code) for lot in read_rows("blocked_lots", BlockedLot)}
    usable = Counter[str]()
    for receipt in read_rows("receipts", SampleReceipt):
        for line in receipt.receipt.lines:
            fresh = line.expiry_date is None or line.expiry_date >= date(2020, 1, 31)
            if fresh and (line.item, line.lot_code) not in blocked:
                usable[line.item] += line.accepted_units
    assert usable["disposable-mask"] == 472_800
    assert usable["disinfectant-500ml"] * 500 == 3_000_000  # 3 t at 1 g a millilitre


def test_the_earmarks_are_kept_as_given() -> None:
    lots = {
        line.lot_code: line
        for receipt in read_rows("receipts", SampleReceipt)
        for line in receipt.receipt.lines
        if (line.lot_code or "").startswith("3M-")
    }
    assert {code: line.accepted_units for code, line in lots.items()} == {
        "3M-YANLING": 300,
        "3M-CHALING": 300,
        "3M-YOUXIAN": 400,
    }
    for code, line in lots.items():
        zone = (code or "").removeprefix("3M-").lower()
        assert line.earmark
        assert {by_code(facility).zone for facility in line.earmark} == {zone}


def test_receipts_name_orders_of_the_file_and_donors_gave_what_the_facts_say() -> None:
    orders = {order.key for order in read_rows("orders", SampleOrder)}
    named = {receipt.order for receipt in read_rows("receipts", SampleReceipt) if receipt.order is not None}
    assert named <= orders
    pledges = {pledge.key: pledge.pledge for pledge in read_rows("pledges", SamplePledge)}
    assert (pledges["crrc-masks"].partner, pledges["crrc-masks"].quantity) == ("crrc-zhuzhou", 50_000)


@pytest.mark.parametrize("policy", read_rows("policies", NewPolicy), ids=lambda policy: policy.program.value)
def test_the_policy_gives_a_tier_to_whoever_may_ask_and_serves_all_to_the_full(policy: NewPolicy) -> None:
    program_of = {item.code: item.program for item in ITEMS}
    asking = {norm.facility_type for norm in NORMS if program_of[norm.item] is policy.program}
    assert asking <= {tier.facility_type for tier in policy.tiers}
    assert {cap.tier for band in policy.bands for cap in band.caps if cap.cap_permille == 1000} == {1, 2, 3}
    assert all(program_of[reserve.item] is policy.program for reserve in policy.reserves)
    floors = {cap.tier: cap.cap_permille for cap in policy.bands[0].caps}
    assert 0 < floors[3] < floors[2] < floors[1] < 1000


def test_a_road_is_longer_than_the_crow_flies_and_a_far_one_takes_a_day() -> None:
    store, near, far = by_code("city-medical-store"), by_code("central-hospital"), by_code("yanling-cdc")
    assert road_km(store, store) == 0
    assert road_km(store, far) == pytest.approx(road_km(far, store), abs=0)
    # Tianyuan 113.12 E 27.83 N to Yanling 113.77 E 26.48 N: 163 km, by road 212; both lie some km off their seat.
    assert 190 <= road_km(store, far) <= 235
    assert lane_between(store, near, [Program.MEDICAL]).lead_days == 0
    lane = lane_between(store, far, [Program.MEDICAL])
    assert lane.lead_days == 1
    assert lane.cost_microyuan_per_piece == 500 + 50 * road_km(store, far)


def test_whoever_asks_can_be_reached_from_the_citys_store_of_the_program() -> None:
    reached = {(lane.warehouse, lane.facility) for lane in read_city().lanes}
    stores = {Program.MEDICAL: "city-medical-store", Program.LIVING: "city-living-store"}
    for claim in claims_of(FACILITIES, ITEMS, NORMS, RULE):
        asked = claim.requisition
        assert (stores[asked.program], asked.facility) in reached
    assert ("south-store", "yanling-cdc") in reached
    assert ("south-store", "liling-cdc") not in reached
    assert len(reached) == len(read_city().lanes)


def hospital(*, staff: int, beds: int = 0) -> NewFacility:
    return NewFacility(code="h", name_zh="h", name_en="h", facility_type="hospital", zone="z", staff=staff, beds=beds)


def norm(item: str, basis: NormBasis, daily: int) -> SampleNorm:
    plain = NewNorm(facility_type="hospital", item=item, basis=basis, daily_use_milliunits=daily, source="test")
    return SampleNorm(norm_set="set", **dict(plain))


def test_daily_use_adds_up_all_bases_and_leaves_out_what_is_not_used() -> None:
    norms = [norm("mask", NormBasis.STAFF, 2_000), norm("mask", NormBasis.BED, 500), norm("suit", NormBasis.VISIT, 260)]
    assert daily_use_milliunits(hospital(staff=10, beds=4), norms) == {"mask": 22_000}


@pytest.mark.parametrize(
    ("milliunits", "days", "permille", "rounding", "units"),
    [(22_000, 7, 1000, 1, 154), (22_000, 7, 950, 1, 147), (1, 1, 1000, 1, 1), (250_000, 3, 1100, 1000, 1000)],
)
def test_claims_are_rounded_up(milliunits: int, days: int, permille: int, rounding: int, units: int) -> None:
    assert claimed_units(milliunits, days, permille, rounding) == units


def claim_rule(**changes: object) -> ClaimRule:
    rule = ClaimRule(
        reported_on=date(2020, 1, 31),
        norm_sets={"medical": "set", "living": "set"},
        stages=[Stage(days=7, needed_by=date(2020, 2, 6))],
        early_stages=[],
        early_types=[],
        early_items=[],
        reporting_permille=[1000],
        rounding_units={"medical": 1, "living": 1000},
        exceptions=[],
        further=[],
    )
    return rule.model_copy(update=changes)


MASK = NewItem(code="mask", program=Program.MEDICAL, name_zh="m", name_en="m", base_unit=BaseUnit.PIECE)


def test_an_inflated_claim_is_multiplied_and_one_that_is_not_reported_is_missing() -> None:
    norms = [norm("mask", NormBasis.STAFF, 2_000)]
    inflated = ClaimException(facility="h", program=Program.MEDICAL, course=Course.CUT, permille=3000, reason="no")
    (claim,) = claims_of([hospital(staff=10)], [MASK], norms, claim_rule(exceptions=[inflated]))
    assert [line.requested_units for line in claim.requisition.lines] == [420]
    assert claim.review.reason == "no"
    silent = ClaimException(facility="h", program=Program.MEDICAL, course=Course.NOT_REPORTED)
    assert claims_of([hospital(staff=10)], [MASK], norms, claim_rule(exceptions=[silent])) == []


def test_exceptions_and_further_requisitions_name_facilities_that_ask_in_the_program() -> None:
    claims = claims_of(FACILITIES, ITEMS, NORMS, RULE)
    courses = {
        (claim.requisition.facility, claim.requisition.program): claim.course
        for claim in claims[: len(claims) - len(RULE.further)]
    }
    for exception in RULE.exceptions:
        expected = None if exception.course is Course.NOT_REPORTED else exception.course
        assert courses.get((exception.facility, exception.program)) is expected, exception.facility
    assert {exception.facility for exception in RULE.exceptions} <= {facility.code for facility in FACILITIES}
    assert sum(exception.course is Course.NOT_REPORTED for exception in RULE.exceptions) == 7
    assert sum(exception.reported_on is not None for exception in RULE.exceptions) == 3
    assert Counter(claim.course for claim in claims) == {
        Course.REVIEWED: 189,
        Course.SUBMITTED: 7,
        Course.CUT: 4,
        Course.DRAFT: 1,
        Course.REJECTED: 1,
        Course.WITHDRAWN: 1,
    }
