"""Accounts and tier raises on pages: a person made and put to work, a facility raised by two leaders."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.looking import Watch, as_on_a_phone, log_in, look_at

pytestmark = pytest.mark.browser


def test_an_administrator_makes_an_account_that_is_used(page: Page, story_address: str) -> None:
    watch = Watch(page, story_address)
    page.set_viewport_size({"width": 1366, "height": 900})
    log_in(page, story_address, "administrator")
    page.goto(f"{story_address}/accounts?lang=en")
    look_at(page, "accounts.en")
    page.get_by_role("link", name="New account").click()
    page.get_by_label("Account", exact=False).first.fill("night-clerk")
    page.get_by_label("Name").fill("夜班 Night clerk")
    page.get_by_label("Role").select_option("facility")
    page.get_by_role("button", name="Enter the account").click()
    assert "This role is bound to places" in page.inner_text("[role=alert]")
    look_at(page, "account-refused.en")
    assert page.get_by_label("Name").input_value() == "夜班 Night clerk"
    page.get_by_label("Facility or warehouse").first.select_option("lukou-peoples-hospital")
    page.get_by_role("button", name="Enter the account").click()
    look_at(page, "account-password.en")
    password = page.locator(".secret code").inner_text()
    page.get_by_role("link", name="I have noted it").click()
    look_at(page, "account.en")
    with as_on_a_phone(page, "account"):
        pass
    page.goto(f"{story_address}/accounts?lang=zh-CN&role=facility")
    assert page.locator("table.list tbody tr").count() == 2
    page.context.clear_cookies()
    page.goto(f"{story_address}/login?lang=en")
    page.locator("#login").fill("night-clerk")
    page.locator("#password").fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url(re.compile("/account$"))
    assert "please set one of your own" in page.inner_text("main")
    assert (watch.elsewhere, watch.errors) == ([], [])


def test_two_leaders_raise_a_facility(page: Page, story_address: str) -> None:
    watch = Watch(page, story_address)
    log_in(page, story_address, "leader")
    page.goto(f"{story_address}/tier-raises/new?lang=en")
    look_at(page, "raise-new.en")
    page.get_by_label("Facility").select_option("liling-health-centre")
    page.get_by_label("Until").fill("2020-01-01")
    page.get_by_label("Reason").fill("An outbreak in the village next to it")
    page.get_by_role("button", name="Propose with my name").click()
    assert "The last day lies before the first." in page.inner_text("[role=alert]")
    page.get_by_label("Until").fill("2020-02-10")
    page.get_by_role("button", name="Propose with my name").click()
    page.wait_for_url(re.compile(r"/tier-raises/\d+$"))
    address = page.url
    assert page.get_by_role("button", name="Confirm with my name").count() == 0
    look_at(page, "raise.en")
    log_in(page, story_address, "leader-2", language="zh-CN")
    page.goto(address)
    page.get_by_role("button", name="以本人名义确认").click()
    expect(page.locator("main h1 .tag")).to_have_text("生效")
    page.goto(f"{story_address}/tier-raises")
    look_at(page, "raises.zh-CN")
    assert (watch.elsewhere, watch.errors) == ([], [])


def test_a_leader_puts_a_new_policy_in_force(page: Page, story_address: str) -> None:
    watch = Watch(page, story_address)
    page.set_viewport_size({"width": 1366, "height": 900})
    log_in(page, story_address, "leader")
    page.goto(f"{story_address}/policies?lang=en")
    look_at(page, "policies.en")
    page.get_by_role("link", name="New version: medical").click()
    look_at(page, "policy-new.en")
    page.get_by_label("Step 1: tier 3").fill("half")
    page.get_by_role("button", name="Put in force with my name").click()
    assert "This must be a share in per cent." in page.inner_text("[role=alert]")
    assert page.get_by_label("Step 1: tier 3").input_value() == "half"
    page.get_by_label("Step 1: tier 3").fill("12.5")
    page.get_by_label("Title in English").fill("Medical supplies, a higher floor")
    page.get_by_role("button", name="Put in force with my name").click()
    page.wait_for_url("**/policies/medical/2")
    assert "12.5%" in page.inner_text("main") or "12%" in page.inner_text("main")
    look_at(page, "policy.en")
    page.goto(f"{story_address}/policies/medical/1?lang=zh-CN")
    assert "已失效" in page.inner_text("main")
    look_at(page, "policy.zh-CN")
    assert (watch.elsewhere, watch.errors) == ([], [])
