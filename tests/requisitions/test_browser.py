"""Needs in a real browser: a hospital hands in by keyboard and by Excel, the supplies group reviews and reminds."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.sheets import filled_in
from tests.web.looking import Watch, as_on_a_phone, log_in, look_at

pytestmark = pytest.mark.browser

LOOKED_AT = [
    ("hospital", "/our-facility"), ("hospital", "/requisitions/new"), ("hospital", "/requisitions/upload"),
    ("hospital", "/requisitions/RQ-2020-00004"), ("supplies", "/requisitions?state=SUBMITTED"),
    ("supplies", "/requisitions/RQ-2020-00156"), ("supplies", "/requisitions/new"),
    ("supplies", "/needs-census?by=tier"), ("supplies", "/reporting-gaps"),
]  # fmt: skip


def test_every_page_is_accessible_in_both_languages_and_on_a_phone(page: Page, demo_address: str) -> None:
    page.set_viewport_size({"width": 1366, "height": 900})
    watch, who = Watch(page, demo_address), ""
    for login, path in LOOKED_AT:
        if login != who:
            log_in(page, demo_address, login)
            who = login
        name = "needs" + re.sub(r"[^a-z0-9]+", "-", path.lower()) + f"-{login}"
        for language in ("zh-CN", "en"):
            answer = page.goto(f"{demo_address}{path}{'&' if '?' in path else '?'}lang={language}")
            assert answer is not None
            assert answer.status == 200
            look_at(page, f"{name}.{language}")
        with as_on_a_phone(page, f"{name}.en"):
            pass
    assert (watch.elsewhere, watch.errors) == ([], [])


def test_a_hospital_hands_in_by_keyboard_and_the_group_approves(page: Page, story_address: str) -> None:
    page.set_viewport_size({"width": 1366, "height": 900})
    watch = Watch(page, story_address)
    log_in(page, story_address, "hospital", begin="/")
    assert page.url.endswith("/our-facility"), "a facility begins on its own page"
    page.get_by_role("link", name="Hand in needs").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/requisitions/new**")
    # The first quantity has the focus. Enter goes down, Tab to the right; only what differs is typed.
    expect(page.get_by_label("Needed: Medical respirator (N95)")).to_be_focused()
    page.keyboard.type("90000")
    page.keyboard.press("Tab")
    page.keyboard.type("120")
    page.keyboard.press("Tab")
    page.keyboard.type("Second fever ward opens")
    page.keyboard.press("Tab")
    page.keyboard.type("2/4")
    page.get_by_label("Needed: Medical respirator (N95)").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("x")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Needed: Medical protective suit")).to_be_focused()
    page.get_by_role("button", name="Hand in").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This must be a number.")
    expect(page.get_by_label("Needed: Medical respirator (N95)")).to_have_value("90000")
    look_at(page, "needs-refused.en")
    page.get_by_label("Needed: Surgical mask").fill("12000")
    page.get_by_role("button", name="Hand in").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/requisitions/RQ-2020-\d+$"))
    code = page.url.rpartition("/")[2]
    row = page.get_by_role("row", name="Medical respirator (N95) 2020-02-04")
    expect(row).to_contain_text("90,000 pcs")
    expect(row).to_contain_text("Second fever ward opens")

    log_in(page, story_address, "supplies")
    page.goto(f"{story_address}/requisitions?state=SUBMITTED")
    page.get_by_role("link", name=code).click()
    cut = page.get_by_label("Approved: Medical respirator (N95)")
    expect(cut).not_to_have_value("90000")
    expect(page.get_by_label("Reason: Medical respirator (N95)")).to_have_value("Cut to what the norms support.")
    cut.fill("5000")
    page.get_by_role("button", name="Approve these quantities").click()
    expect(page.locator("h1")).to_contain_text("reviewed")

    page.goto(f"{story_address}/requisitions?state=SUBMITTED")
    page.get_by_role("button", name="Approve these 4 as requested").click()
    expect(page.get_by_role("status")).to_have_text("4 requisitions approved.")
    page.get_by_label("All on this page").check()
    reason, up_to_norms = page.get_by_label("Reason, where less is approved"), page.locator("#bulk summary")
    expect(reason).to_be_hidden()
    up_to_norms.click()
    reason.press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)  # Enter decides nothing
    page.get_by_role("button", name="Approve up to the norms").click()
    expect(page.get_by_role("alert")).to_contain_text("a reason is needed")
    look_at(page, "needs-bulk-refused.en")
    assert (watch.elsewhere, watch.errors) == ([], [])


def test_a_hospital_hands_in_by_excel_and_is_reminded(page: Page, story_address: str) -> None:
    page.set_viewport_size({"width": 1366, "height": 900})
    watch = Watch(page, story_address)
    log_in(page, story_address, "supplies", language="zh-CN")
    page.goto(f"{story_address}/reporting-gaps?within_days=0")
    page.get_by_label("本页全选").check()
    page.get_by_label("通知了谁、怎样通知").fill("各单位联络员，电话")
    page.get_by_role("button", name="记录对勾选单位的提醒").click()
    expect(page.get_by_role("status")).to_contain_text("已记录")
    expect(page.get_by_role("cell", name="各单位联络员，电话").first).to_be_visible()

    log_in(page, story_address, "hospital", language="zh-CN", begin="/")
    page.get_by_role("link", name="上传 Excel").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="生活物资 (.xlsx)").click()
    template = download.value.path().read_bytes()
    assert download.value.suggested_filename.startswith("物资需求 渌口区人民医院 生活物资")

    def fill_badly(number: int, row: list[object]) -> None:
        if number > 1 and row[3]:
            row[5] = -5 if number == 2 else row[3]
        if number == 3:
            row[7] = "明天"

    def fill(number: int, row: list[object]) -> None:
        if number > 1 and row[3]:
            row[5] = row[3]

    def send(content: bytes) -> None:
        mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        page.get_by_label("文件（.xlsx、.xls、.ods、.csv 或 .tsv）").set_input_files(
            {"name": "需求.xlsx", "mimeType": mime, "buffer": content}
        )
        page.get_by_role("button", name="上传", exact=True).click()

    send(filled_in(template, fill_badly))
    expect(page.get_by_role("alert")).to_contain_text("共 4 行：2 行可录入，1 行待确认，1 行退回。")
    expect(page.locator("main")).to_contain_text("明天")
    look_at(page, "needs-sheet-refused.zh-CN")
    with as_on_a_phone(page, "needs-sheet-refused.zh-CN"):
        pass
    page.locator("a[href^='/requisitions/upload?facility=']").first.click()
    send(filled_in(template, fill))
    page.wait_for_url("**uploaded=1")
    expect(page.get_by_role("status")).to_contain_text("表格已读取，没有错误")
    look_at(page, "needs-draft.zh-CN")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("h1")).to_contain_text("待审核")
    assert (watch.elsewhere, watch.errors) == ([], [])
