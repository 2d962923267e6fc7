"""Plans in a browser: from the overview down to one facility, side by side, on paper and as a workbook."""

import io
import re

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page
from python_calamine import CalamineWorkbook

from tests.planning.working import work_all
from tests.web.looking import Watch, as_on_a_phone, log_in, look_at

pytestmark = pytest.mark.browser

PLAN = "/plans/PLAN-2020-00001"
PAGES = [
    ("plans", "/plans", "医疗物资分配规则"),
    ("plan-facilities", f"{PLAN}/facilities", "渌口区人民医院"),
    ("plan-needs", f"{PLAN}/needs?short=yes&item=goggles", "医用护目镜"),
    ("plan-shipments", f"{PLAN}/shipments", "市医疗物资库"),
    ("plan-facility", f"{PLAN}/facilities/lukou-peoples-hospital", "按比例平分"),
    ("plan-item", f"{PLAN}/items/goggles?tier=1", "谁分到多少"),
    ("plan-comparison", f"{PLAN}/comparison", "还没有其他方案"),
]


@pytest.mark.parametrize(("name", "path", "text"), PAGES, ids=[name for name, _, _ in PAGES])
def test_every_page_of_a_plan(leader: Page, demo_address: str, name: str, path: str, text: str) -> None:
    page, watch = leader, Watch(leader, demo_address)
    for language in ("en", "zh-CN"):
        joint = "&" if "?" in path else "?"
        answer = page.goto(f"{demo_address}{path}{joint}lang={language}")
        assert answer is not None
        assert answer.status == 200
        look_at(page, f"{name}.{language}")
    assert text in page.inner_text("main")
    with as_on_a_phone(page, name):
        page.reload()
    assert (watch.elsewhere, watch.errors) == ([], [])


def test_a_leader_sees_why_a_hospital_gets_what_it_gets(leader: Page, demo_address: str) -> None:
    page = leader
    page.goto(f"{demo_address}/?lang=en")
    page.get_by_role("link", name="All 659 shortfalls").click()
    page.get_by_label("Facility").fill("Lukou District")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Planned").click()
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Planned")
    page.get_by_role("link", name="Lukou District People").first.click()
    text = page.inner_text("main")
    assert "By an even split" in text
    assert "The offers that reach it in time are bought up" in text


def test_a_plan_on_paper_and_as_a_workbook(leader: Page, demo_address: str) -> None:
    context = leader.context
    for path in (f"{PLAN}/document.pdf?lang=zh-CN", f"{PLAN}/document.pdf?lang=en", "/brief.pdf?lang=zh-CN"):
        answer = context.request.get(demo_address + path)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.body().startswith(b"%PDF-")
        assert b"/StructTreeRoot" in answer.body(), "tagged, for screen readers"
    assert len(re.findall(rb"/Type\s*/Page\b", answer.body())) == 1, "the brief is one page"
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(context.request.get(f"{demo_address}{PLAN}/workbook.xlsx?lang=en").body())
    )
    assert book.sheet_names == ["Needs of the plan", "Shipments of the plan", "Purchases of the plan"]
    needs = book.get_sheet_by_index(0).to_python()
    assert len(needs) == 1 + 884
    assert needs[0][:3] == ["Facility", "Zone", "Item"]
    assert sum(row[7] for row in needs[1:] if row[2] == "Protective goggles") == 4855
    shipments = book.get_sheet_by_index(1).to_python()
    assert {"Face shield", "Protective goggles"} <= {row[3] for row in shipments[1:]}


def test_a_list_is_filtered_sorted_paged_and_downloaded(leader: Page, demo_address: str) -> None:
    page = leader
    page.goto(f"{demo_address}{PLAN}/needs?lang=en&short=yes&sort=-need&page=2")
    assert "51 to 100 of 659" in page.inner_text(".below-list")
    page.get_by_role("link", name="Previous").click()
    first = page.locator("tbody tr").first.inner_text()
    answer = page.context.request.get(page.url + "&download=csv")
    lines = answer.body().decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 659
    assert lines[1].split(",")[0] == first.split("\t")[0]
    assert page.goto(f"{demo_address}{PLAN}/needs?lang=en&item=nothing").status == 422  # type: ignore[union-attr]
    assert "“nothing” is not one of the choices." in page.inner_text("[role=alert]")


def test_two_plans_side_by_side(page: Page, story_address: str, story_app: FastAPI) -> None:
    log_in(page, story_address, "supplies")
    asked = {"program": "living", "start": "2020-02-03"}
    made = page.context.request.post(f"{story_address}/api/v1/plans", data=asked)
    assert made.status == 202, made.text()
    work_all(story_app)
    other = page.context.request.get(f"{story_address}{made.headers['location']}").json()["plan"]
    page.goto(f"{story_address}/plans/PLAN-2020-00002/comparison?lang=en")
    page.get_by_label("Beside the plan").select_option(other)
    page.get_by_role("button", name="Compare").click()
    look_at(page, "comparison.en")
    text = page.inner_text("main")
    assert "Needs compared" in text
    assert "By tier" in text
    found = {}
    for change in ("gain", "lose", "same", "alone"):
        page.get_by_label("Gains or loses").select_option(change)
        page.get_by_role("button", name="Show").click()
        shown = page.locator(".below-list").all_inner_texts()
        found[change] = int(re.findall(r"of (\d+)", shown[0])[0]) if shown else 0
    assert sum(found.values()) == 547, "every need is in one of the four"
    assert found["alone"] == 158, "needs whose days are over when the later plan begins have lapsed: one plan has them"
    refused = page.goto(f"{story_address}/plans/PLAN-2020-00001/comparison?lang=en&other={other}")
    assert refused is not None
    assert refused.status == 422
