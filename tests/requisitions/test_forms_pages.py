"""Pages of needs without a browser: what is refused, what is kept, what is done once, what is another's."""

import re

import pytest
from sqlalchemy import select

from app.catalog.models import Item
from app.catalog.types import BaseUnit
from app.core.database import Database
from app.core.rights import Role
from app.requisitions.reminder_models import ReportingReminder
from app.requisitions.types import RequisitionState
from tests.requisitions.city import REPORT, SOON, enter, line
from tests.requisitions.desk import Desk, entered, form, usual, wrong_fields
from tests.seeding import seeding
from tests.sheets import rows_of

NEW = "/requisitions/new"


def test_the_form_has_the_usual_items_with_their_last_figures(desk: Desk, database: Database) -> None:
    enter(desk.client, line("goggles", 30), line("suit", 120))
    page = desk.as_(Role.FACILITY, "clinic-1").get(NEW).text
    shown = re.findall(r'name="lines\.\d+\.item" value="(\w+)"', page)
    assert shown == ["suit", "mask", "goggles"], "what was asked for, and what a norm speaks of; not the caps"
    assert re.search(r'name="lines\.0\.requested_units"[^>]* value="120"', page)
    assert re.search(r'name="lines\.1\.requested_units"[^>]* value=""', page)
    assert f'value="{SOON}"' in page, "needed as many days ahead as the last time"
    assert ">200<" in page, "four days of suits by the most generous norm"


def test_needs_are_handed_in_and_blank_rows_ask_for_nothing(desk: Desk, database: Database) -> None:
    browser = desk.as_(Role.FACILITY, "clinic-1")
    rows = [
        usual("suit", "1，200", on_hand_units="5"),
        usual("mask", "0", on_hand_units="9"),
        usual("goggles"),
        {"item": "cap", "requested_units": "7", "needed_by": "2月5日", "reason": "=1+1"},
        {},
    ]
    answer = browser.post(NEW, data=form(*rows, action="submit"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/requisitions/RQ-2020-00001")
    (found,) = entered(database)
    assert found.state is RequisitionState.SUBMITTED
    assert found.created_by == "facility"
    asked = [(one.item.code, one.requested_units, one.on_hand_units, str(one.needed_by)) for one in found.lines]
    assert asked == [("suit", 1200, 5, SOON), ("cap", 7, None, "2020-02-05")]
    assert "1,200 pcs" in browser.get("/requisitions/RQ-2020-00001").text


def test_every_fault_is_at_its_field_and_everything_typed_is_kept(desk: Desk, database: Database) -> None:
    browser = desk.as_(Role.FACILITY, "clinic-1")
    rows = [
        usual("suit", "many"),
        usual("mask"),
        usual("goggles", "", reason="<b>spare</b>"),
        {"item": "nothing", "requested_units": "3"},
        {"item": "cap", "requested_units": "2", "needed_by": "soon"},
        {"requested_units": "4"},
    ]
    answer = browser.post(NEW, data=form(*rows, reported_on="31.1.", action="submit"))
    assert answer.status_code == 422
    assert wrong_fields(answer.text) == [
        "reported_on",
        "lines.0.requested_units",
        "lines.2.requested_units",
        "lines.4.needed_by",
        "lines.5.item",
    ]
    for kept in ('value="many"', "&lt;b&gt;spare&lt;/b&gt;", 'value="soon"', 'value="31.1."'):
        assert kept in answer.text
    rows = [usual("suit", "5"), {"item": "nothing", "requested_units": "3"}, usual("suit", "6")]
    answer = browser.post(NEW, data=form(*rows, needed_by="2020-01-30"))
    assert answer.status_code == 422
    assert wrong_fields(answer.text) == ["needed_by", "lines.1.item", "lines.2.item"]
    assert "This line repeats line 1" in answer.text
    assert answer.text.count("It is needed by 2020-01-30") == 2, "once above and once at the day, not at each line"
    assert entered(database) == []


def test_a_form_without_a_need_or_a_day_says_so(desk: Desk, database: Database) -> None:
    browser = desk.as_(Role.FACILITY, "clinic-1")
    assert "Say of at least one item how much is needed." in browser.post(NEW, data=form(usual("suit"))).text
    assert wrong_fields(browser.post(NEW, data=form(usual("suit", "1"), needed_by="")).text) == ["needed_by"]
    assert browser.post(NEW, json={}).status_code == 422


def test_names_of_fields_that_no_form_has_are_refused_and_break_nothing(desk: Desk, database: Database) -> None:
    code = enter(desk.client, line("suit", 5))
    browser = desk.as_(Role.SUPPLIES_GROUP)
    odd = {"program.x": "1", "facility.0": "1", "lines.0": "1", "lines.1.item.x": "1", "lines.1.requested_units.0": "2"}
    for address in (
        NEW,
        "/requisitions",
        "/reporting-gaps",
        "/requisitions/upload",
        f"/requisitions/{code}/review",
        f"/requisitions/{code}/reject",
    ):
        for fields in (
            odd,
            {"reason.x": "1", "addressee.y": "2", "chosen": "x", "reported_on.0": "3", "form_key.1": "4"},
        ):
            assert browser.post(address, data=fields).status_code in (404, 422), (address, fields)
    draft = enter(desk.client, line("suit", 5), submit=False)
    assert browser.post(f"/requisitions/{draft}/edit", data=odd).status_code == 422


def test_weighed_goods_are_written_in_kilograms(desk: Desk, database: Database) -> None:
    with seeding(database) as session:
        session.scalars(select(Item).where(Item.code == "rice")).one().base_unit = BaseUnit.GRAM
    browser = desk.as_(Role.FACILITY, "school-1")
    rice = {"item": "rice", "requested_units": "1,250.5", "on_hand_units": "0.0001"}
    answer = browser.post(NEW, data=form(rice, facility="school-1", program="living"))
    assert wrong_fields(answer.text) == ["lines.0.on_hand_units"]
    answer = browser.post(NEW, data=form({**rice, "on_hand_units": "20"}, facility="school-1", program="living"))
    assert answer.status_code == 303
    (found,) = entered(database)
    assert [(one.requested_units, one.on_hand_units) for one in found.lines] == [(1_250_500, 20_000)]
    page = browser.get(f"/requisitions/{found.code}/edit").text
    assert 'value="1250.5"' in page


def test_a_form_sent_twice_is_entered_once(desk: Desk, database: Database) -> None:
    browser = desk.as_(Role.FACILITY, "clinic-1")
    sent = form(usual("suit", "5"), action="submit", form_key="k" * 22)
    first, second = browser.post(NEW, data=sent), browser.post(NEW, data=sent)
    assert first.headers["location"] == second.headers["location"]
    assert len(entered(database)) == 1


def test_a_draft_is_changed_and_handed_in_and_then_no_more(desk: Desk, database: Database) -> None:
    code = enter(desk.client, line("suit", 5), line("mask", 6, "2020-02-05", reason="ward"), submit=False)
    browser = desk.as_(Role.FACILITY, "clinic-1")
    page = browser.get(f"/requisitions/{code}/edit").text
    assert 'value="ward"' in page
    answer = browser.post(f"/requisitions/{code}/edit", data=form(usual("suit", "8"), action="draft"))
    assert answer.headers["location"] == f"/requisitions/{code}"
    assert browser.post(f"/requisitions/{code}/submit").status_code == 303
    (found,) = entered(database)
    assert (found.state, [one.requested_units for one in found.lines]) == (RequisitionState.SUBMITTED, [8])
    assert browser.get(f"/requisitions/{code}/edit").headers["location"] == f"/requisitions/{code}"
    assert browser.post(f"/requisitions/{code}/edit", data=form(usual("suit", "9"))).status_code == 409
    assert browser.post(f"/requisitions/{code}/withdraw", data={"reason": ""}).status_code == 422
    assert browser.post(f"/requisitions/{code}/withdraw", data={"reason": "found some"}).status_code == 303
    assert entered(database)[0].closing_reason == "found some"


def test_what_is_of_another_facility_does_not_exist(desk: Desk, database: Database) -> None:
    code = enter(desk.client, line("suit", 5), submit=False)
    browser = desk.as_(Role.FACILITY, "clinic-2")
    for address in (
        f"/requisitions/{code}",
        f"/requisitions/{code}/edit",
        f"{NEW}?facility=clinic-1",
        "/requisitions/upload?facility=clinic-1",
        "/requisitions/template?facility=clinic-1",
    ):
        assert browser.get(address).status_code == 404, address
    for step in ("submit", "withdraw", "edit"):
        sent = form(usual("suit", "1"), reason="mine")
        assert browser.post(f"/requisitions/{code}/{step}", data=sent).status_code == 404, step
    assert browser.post(NEW, data=form(usual("suit", "1"))).status_code == 403
    assert code not in browser.get("/requisitions").text
    assert entered(database)[0].state is RequisitionState.DRAFT


def test_who_has_several_facilities_chooses_one_first(desk: Desk) -> None:
    browser = desk.as_(Role.FACILITY, "clinic-1", "clinic-2", "closed-1")
    page = browser.get(NEW).text
    assert re.findall(r'<option value="([^"]+)"', page) == ["clinic-1", "clinic-2"], "not the closed one"
    assert "lines.0.item" in browser.get(f"{NEW}?facility=clinic-2").text
    assert "No facility has been given to this account" in desk.as_(Role.FACILITY).get(NEW).text
    assert desk.as_(Role.FACILITY).get("/requisitions/template").status_code == 404


# --- review ---


def test_the_list_is_narrowed(desk: Desk) -> None:
    enter(desk.client, line("suit", 5_000))
    enter(desk.client, line("mask", 5), facility="clinic-2")
    enter(desk.client, line("suit", 5, "2020-02-01"), reported_on="2020-01-25", submit=False)
    enter(desk.client, line("rice", 5), facility="school-1", program="living")
    browser = desk.as_(Role.SUPPLIES_GROUP)
    for query, found in {
        "state=DRAFT": "3",
        "program=living": "4",
        "item=mask": "2",
        "zone=south": "2",
        "zone=city": "1234",
        "flag=CLAIM_FAR_ABOVE_NORM": "13",  # 3 asks for days that 1 claims in full
        "flag=STALE_REPORT": "3",
        "day=2020-01-25": "3",
        "facility=实验": "4",
        "state=DRAFT&item=mask": "",
        "": "1234",
    }.items():
        page = browser.get(f"/requisitions?{query}&sort=code").text
        assert "".join(re.findall(r'href="/requisitions/RQ-2020-0000(\d)"', page)) == found, query
    for query in ("state=x", "day=soon", "zone=nowhere", "flag=x"):
        assert browser.get(f"/requisitions?{query}").status_code == 422, query


# --- census, gaps, the facility's first page ---


def test_the_census_is_summed_by_item_zone_and_tier(desk: Desk) -> None:
    enter(desk.client, line("suit", 300))
    enter(desk.client, line("suit", 20), facility="clinic-2")
    browser = desk.as_(Role.PROCUREMENT)

    def rows(by: str) -> list[list[str]]:
        return rows_of(browser.get(f"/needs-census?by={by}&download=xlsx").content)[1:]  # type: ignore[return-value]

    ratio = pytest.approx(320 / 280)
    assert rows("item") == [["Suit", 2, 320, "pcs", 280, "pcs", ratio, 0, "pcs", 0, "pcs", 0, "pcs"]]
    assert [row[:4] for row in rows("zone")] == [["Suit", "north", 1, 300], ["Suit", "south", 1, 20]]
    assert [row[:4] for row in rows("tier")] == [["Suit", None, 2, 320]], "no policy gives tiers here"


def test_missing_reports_and_reminders(desk: Desk, database: Database) -> None:
    enter(desk.client, line("suit", 5, "2020-02-01"), reported_on="2020-01-25", **REPORT)
    browser = desk.as_(Role.SUPPLIES_GROUP)
    page = browser.get("/reporting-gaps").text
    assert re.findall(r'name="chosen" value="([^"]+)"', page) == ["clinic-2", "clinic-1"], "never before long ago"
    answer = browser.post("/reporting-gaps", data={"program": "medical"})
    assert answer.status_code == 422
    assert wrong_fields(answer.text) == ["addressee"]
    assert "Tick at least one facility." in answer.text
    sent = {"program": "medical", "addressee": "Dr Wang", "chosen": ["clinic-1", "clinic-2"], "form_key": "k" * 22}
    for _ in range(2):
        answer = browser.post("/reporting-gaps", data=sent)
        assert answer.headers["location"] == "/reporting-gaps?program=medical&recorded=2"
    with database.read() as session:
        assert len(session.scalars(select(ReportingReminder.id)).all()) == 2
    assert "Dr Wang" in browser.get("/reporting-gaps?reminded=yes").text
    assert 'name="chosen"' not in desk.as_(Role.LEADER).get("/reporting-gaps").text, "leaders look"
    page = desk.as_(Role.FACILITY, "clinic-1").get("/our-facility").text
    assert "The report is missing: medical." in page
    assert "Last report: 2020-01-25." in page
    assert "Reminders so far: 1; the last on 2020-01-31 12:00 by supplies_group." in page
    enter(desk.client, line("suit", 5), **REPORT)
    page = desk.as_(Role.FACILITY, "clinic-1").get("/our-facility").text
    assert "The report is missing" not in page
    assert "RQ-2020-00002" in page


def test_a_facility_begins_on_its_own_page(desk: Desk) -> None:
    assert desk.as_(Role.FACILITY, "clinic-1").get("/").headers["location"] == "/our-facility"
    assert desk.as_(Role.SUPPLIES_GROUP).get("/our-facility").status_code == 403


def test_an_absurd_figure_is_asked_back_and_may_be_confirmed(desk: Desk, database: Database) -> None:
    browser = desk.as_(Role.FACILITY, "clinic-1")
    sent = form(usual("suit", "5"), usual("cap", "13800138000"), action="submit")
    answer = browser.post(NEW, data=sent)
    assert (answer.status_code, wrong_fields(answer.text)) == (422, ["lines.1.requested_units"])
    assert "Really 13,800,138,000?" in answer.text
    assert entered(database) == []
    assert 'name="confirmed"' in answer.text
    assert browser.post(NEW, data=sent | {"confirmed": "1"}).status_code == 303
    (found,) = entered(database)
    page = desk.as_(Role.SUPPLIES_GROUP).get(f"/requisitions/{found.code}").text
    assert "absurd figure" in page
