"""Pages of reviewing without a browser: one requisition, several at once, and who was slower."""

import re

from app.core.database import Database
from app.core.rights import Role
from app.requisitions.types import RequisitionState
from tests.requisitions.city import SOON, enter, line
from tests.requisitions.desk import Desk, entered, form, usual, wrong_fields


def test_a_review_approves_less_with_a_reason_and_says_what_is_wrong(desk: Desk, database: Database) -> None:
    code = enter(desk.client, line("suit", 5_000), line("mask", 100))
    browser = desk.as_(Role.SUPPLIES_GROUP)
    page = browser.get(f"/requisitions/{code}").text
    assert re.search(r'name="lines\.0\.approved_units"[^>]* value="200"', page), "far above its norm: the norm"
    assert re.search(r'name="lines\.1\.approved_units"[^>]* value="100"', page)
    assert "×25" in page
    key = {"lines.0.item": "suit", "lines.0.needed_by": SOON, "lines.1.item": "mask", "lines.1.needed_by": SOON}
    answer = browser.post(
        f"/requisitions/{code}/review",
        data={**key, "lines.0.approved_units": "250", "lines.1.approved_units": "x"},
    )
    assert (answer.status_code, wrong_fields(answer.text)) == (422, ["lines.1.approved_units"])
    sent = {**key, "lines.0.approved_units": "250", "lines.1.approved_units": "100"}
    answer = browser.post(f"/requisitions/{code}/review", data=sent)
    assert wrong_fields(answer.text) == ["lines.0.reason"]
    assert 'value="250"' in answer.text
    assert browser.post(f"/requisitions/{code}/review", data={**sent, "lines.0.reason": "stock"}).status_code == 303
    (found,) = entered(database)
    assert (found.state, found.reviewed_by) == (RequisitionState.REVIEWED, "supplies_group")
    assert [(one.approved_units, one.approval_reason) for one in found.lines] == [(250, "stock"), (100, "")]


def test_who_was_slower_decides_on_what_is_there_now(desk: Desk, database: Database) -> None:
    code = enter(desk.client, line("suit", 50))
    browser = desk.as_(Role.SUPPLIES_GROUP)
    sent = {"lines.0.item": "suit", "lines.0.needed_by": SOON, "lines.0.approved_units": "50"}
    seen = re.findall(r'name="seen" value="([\w-]+)"', browser.get(f"/requisitions/{code}").text)[0]
    cut = {**sent, "lines.0.approved_units": "20", "lines.0.reason": "stock"}
    assert browser.post(f"/requisitions/{code}/review", data={**cut, "seen": seen}).status_code == 303
    answer = browser.post(f"/requisitions/{code}/review", data={**sent, "seen": seen})
    assert answer.status_code == 412
    assert "Somebody else has changed it meanwhile." in answer.text
    assert re.search(r'name="lines\.0\.approved_units"[^>]* value="50"', answer.text), "what was typed is kept"
    answer = browser.post("/requisitions", data={"basis": "requested", "chosen": [code]})
    assert answer.status_code == 409
    assert f"{code} does not wait for a review any more" in answer.text
    assert entered(database)[0].lines[0].approved_units == 20
    draft = enter(desk.client, line("suit", 5), submit=False)
    browser = desk.as_(Role.FACILITY, "clinic-1")
    seen = re.findall(r'name="seen" value="([\w-]+)"', browser.get(f"/requisitions/{draft}/edit").text)[0]
    assert browser.post(f"/requisitions/{draft}/edit", data=form(usual("suit", "6"), seen=seen)).status_code == 303
    assert browser.post(f"/requisitions/{draft}/edit", data=form(usual("suit", "7"), seen=seen)).status_code == 412
    assert entered(database)[1].lines[0].requested_units == 6


def test_a_whole_requisition_is_rejected_with_a_reason(desk: Desk, database: Database) -> None:
    code = enter(desk.client, line("suit", 5))
    browser = desk.as_(Role.SUPPLIES_GROUP)
    assert browser.post(f"/requisitions/{code}/reject", data={"reason": " "}).status_code == 422
    assert browser.post(f"/requisitions/{code}/reject", data={"reason": "asked twice"}).status_code == 303
    assert "asked twice" in desk.as_(Role.FACILITY, "clinic-1").get(f"/requisitions/{code}").text
    assert desk.as_(Role.LEADER).post(f"/requisitions/{code}/reject", data={"reason": "x"}).status_code == 403


def test_what_is_not_above_its_norms_is_approved_in_one_click(desk: Desk, database: Database) -> None:
    modest = [enter(desk.client, line("suit", 50)), enter(desk.client, line("mask", 80), facility="clinic-2")]
    enter(desk.client, line("suit", 201))
    enter(desk.client, line("goggles", 1))
    enter(desk.client, line("suit", 5), submit=False)
    browser = desk.as_(Role.SUPPLIES_GROUP)
    page = browser.get("/requisitions").text
    assert "2 submitted requisitions ask for no more" in page
    assert re.findall(r'type="hidden" name="chosen" value="([^"]+)"', page) == modest
    answer = browser.post("/requisitions", data={"basis": "requested", "chosen": modest})
    assert answer.headers["location"] == "/requisitions?state=SUBMITTED&approved=2"
    assert "2 requisitions approved." in browser.get(answer.headers["location"]).text
    assert [one.code for one in entered(database) if one.state is RequisitionState.REVIEWED] == modest


def test_a_bulk_review_is_made_as_a_whole_or_not_at_all(desk: Desk, database: Database) -> None:
    far, none = enter(desk.client, line("suit", 5_000)), enter(desk.client, line("goggles", 1))
    browser = desk.as_(Role.SUPPLIES_GROUP)
    answer = browser.post("/requisitions", data={"basis": "assessed", "chosen": [far, none]})
    assert answer.status_code == 422
    assert f"{far}: 200 of 5000 units of Suit would be approved: a reason is needed." in answer.text
    assert f"{none}: no norm speaks of Goggles by {SOON}; please review it on its own page." in answer.text
    assert "Tick at least one requisition." in browser.post("/requisitions", data={}).text
    assert answer.text.count(" checked>") == 2, "what was ticked stays ticked"
    assert {one.state for one in entered(database)} == {RequisitionState.SUBMITTED}
    sent = {"basis": "assessed", "reason": "norms", "chosen": [far]}
    assert browser.post("/requisitions", data=sent).status_code == 303
    assert entered(database)[0].lines[0].approved_units == 200
