"""Donations written down many at once: names as people type them, every fault at its line, repetitions warned of."""

import pytest
from fastapi.testclient import TestClient

from app.core.database import Database
from tests.procurement.city import build_market
from tests.seeding import seeding
from tests.web.supply_desk import PageDesk, fault_at, items_of, lines, value_of

ABOVE = {"expected_on": "2020-02-01", "warehouse": "wh-1", "supply_channel": "DONATION"}
MASKS = {"partner": "Giver", "item": "口罩", "quantity": "1,200"}


@pytest.fixture
def desk(client: TestClient, database: Database) -> PageDesk:
    """Somebody in the market city, with every right."""
    with seeding(database) as session:
        build_market(session)
    return PageDesk(client)


def test_names_and_kilograms_become_pledges_that_plans_count_on(desk: PageDesk) -> None:
    rows = lines(
        MASKS | {"earmark": "h-2", "expiry_date": "2022-01-31"},
        {"partner": "捐赠", "item": "rice", "quantity": "2.5", "note": "给食堂"},
    )
    assert desk.done("/pledges", {**ABOVE, **rows, "confirmed": "yes"}) == "/pledges?recorded=2"
    masks, rice = items_of(desk.api.get("pledges"))
    assert (masks["partner"], masks["item"], masks["quantity"], masks["earmark"]) == ("giver", "n95", 1200, ["h-2"])
    assert (rice["quantity"], rice["note"], rice["expected_on"]) == (2500, "给食堂", "2020-02-01")
    assert {masks["state"], rice["state"]} == {"CONFIRMED"}
    assert "2 recorded." in desk.page("/pledges?recorded=2")


def test_every_fault_is_told_at_its_line_and_what_was_typed_stays(desk: PageDesk) -> None:
    rows = lines(
        {"partner": "Giver", "item": "mask", "quantity": "some"},
        {"partner": "Giver", "item": "flowers", "quantity": "0"},
        {"partner": "Giver", "item": "Mask"},
    )
    page = desk.refused("/pledges", {**ABOVE, **rows, "expected_on": "2020-02-01"})
    assert fault_at(page, "lines.0.quantity") == "This must be a number."
    assert fault_at(page, "lines.1.item") == "There is no item “flowers”."
    assert fault_at(page, "lines.1.quantity") == "This must be at least 1."
    assert fault_at(page, "lines.2.quantity") == "This field is missing."
    assert (value_of(page, "lines.0.quantity"), value_of(page, "lines.1.item")) == ("some", "flowers")
    assert items_of(desk.api.get("pledges")) == []


def test_a_fault_for_all_lines_is_told_once_and_nothing_is_recorded(desk: PageDesk) -> None:
    rows = lines(MASKS, MASKS | {"quantity": "7"})
    page = desk.refused("/pledges", {**ABOVE, **rows, "warehouse": "h-1"})
    assert page.count('<a href="#warehouse">There is no warehouse “h-1”.</a>') == 1
    late = desk.refused("/pledges", {**ABOVE, **rows, "expected_on": "2020-01-30"})
    assert late.count("has already gone by") >= 2
    assert items_of(desk.api.get("pledges")) == []


def test_an_unknown_giver_is_entered_only_when_somebody_says_so(desk: PageDesk) -> None:
    rows = {**ABOVE, **lines(MASKS | {"partner": "株洲某某商会"}, MASKS | {"partner": "株洲某某商会", "quantity": "9"})}
    page = desk.refused("/pledges", rows)
    assert fault_at(page, "lines.0.partner") == "There is no partner “株洲某某商会”."
    assert 'name="new_partners"' in page
    assert desk.done("/pledges", {**rows, "new_partners": "yes"}) == "/pledges?recorded=2"
    (entered,) = items_of(desk.api.get("partners", q="某某"))
    assert (entered["name_zh"], entered["kind"]) == ("株洲某某商会", "donor")
    assert {row["partner"] for row in items_of(desk.api.get("pledges"))} == {entered["code"]}


def test_what_was_recorded_before_is_linked_and_recorded_again_on_purpose(desk: PageDesk) -> None:
    earlier = desk.api.pledge(quantity=1200)
    fields = {**ABOVE, **lines(MASKS)}
    page = desk.refused("/pledges", fields, status=409)
    assert f"Giver is already down for 1,200 pcs of Mask on 2020-02-03: {earlier}." in page
    assert f'<a href="/pledges/{earlier}">' in page
    assert desk.done("/pledges", {**fields, "anyway": "yes"}) == "/pledges?recorded=1"
    # Another quantity, or a day further off, is no repetition.
    assert desk.done("/pledges", {**ABOVE, **lines(MASKS | {"quantity": "1201"})})
    assert desk.done("/pledges", {**ABOVE, "expected_on": "2020-02-10", **lines(MASKS)})


def test_two_equal_lines_of_one_form_are_a_repetition_too(desk: PageDesk) -> None:
    page = desk.refused("/pledges", {**ABOVE, **lines(MASKS, MASKS)}, status=409)
    assert "It stands above in the same form." in page


def test_sent_twice_it_is_recorded_once(desk: PageDesk) -> None:
    fields = {**ABOVE, **lines(MASKS), "form_key": "k" * 22}
    assert desk.done("/pledges", fields) == desk.done("/pledges", fields)
    assert len(items_of(desk.api.get("pledges"))) == 1


def test_an_empty_form_says_where_to_begin(desk: PageDesk) -> None:
    assert fault_at(desk.refused("/pledges", ABOVE), "lines.0.partner") == "Nothing is filled in yet."


def test_a_pledge_is_confirmed_rescheduled_and_called_off_on_its_page(desk: PageDesk) -> None:
    code = desk.api.pledge(item="rice", quantity=500_000)
    confirm = {"confirm.quantity": "450", "confirm.expected_on": "2020-02-04"}
    assert desk.done(f"/pledges/{code}/confirm", confirm) == f"/pledges/{code}"
    assert "450 kg" in desk.page(f"/pledges/{code}")
    page = desk.refused(f"/pledges/{code}/reschedule", {"reschedule.expected_on": "2020-01-01"})
    assert fault_at(page, "reschedule.reason") == "This field is missing."
    assert value_of(page, "reschedule.expected_on") == "2020-01-01"
    desk.done(f"/pledges/{code}/cancel", {"cancel.reason": "Flooded store"})
    page = desk.page(f"/pledges/{code}")
    assert "Flooded store" in page
    assert "Nothing is to be done here." in page
    page = desk.refused(f"/pledges/{code}/confirm", confirm, status=409)
    assert f"{code} is cancelled; “confirm” is possible only while it is: promised." in page


def test_what_does_not_exist_is_a_page_and_no_problem_for_programs(desk: PageDesk) -> None:
    assert "There is no pledge “PL-1”." in desk.page("/pledges/PL-1", status=404)
    answer = desk.send("/pledges/PL-1/cancel", {"cancel.reason": "x"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
