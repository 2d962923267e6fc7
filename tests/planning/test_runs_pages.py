"""A plan is computed from the page: asked for, watched as it goes, cancelled; without a script too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.commands.demo import demo_clock
from app.commands.worker import workers_beside
from app.core.settings import Settings
from tests.web.looking import Watch, as_on_a_phone, log_in, look_at

pytestmark = pytest.mark.browser


@contextmanager
def a_worker(folder: Path) -> Iterator[None]:
    """A worker beside the story's service, whose database lies in the test's folder."""
    settings = Settings(database_url=f"sqlite:///{folder / 'demo.db'}", demo=True)
    with workers_beside(settings, demo_clock(settings), 1):
        yield


def ask(page: Page, address: str) -> str:
    """Fill the form in; the address of the run."""
    page.goto(f"{address}/plan-runs/new?program=living")
    page.get_by_role("button", name="Compute").click()
    page.wait_for_url("**/plan-runs/RUN-*")
    return page.url


def test_a_plan_is_computed_with_progress_and_another_is_cancelled(
    page: Page, story_address: str, tmp_path: Path
) -> None:
    watch = Watch(page, story_address)
    page.set_viewport_size({"width": 1366, "height": 900})
    log_in(page, story_address, "supplies")
    page.goto(f"{story_address}/plans")
    page.get_by_role("link", name="Plan runs").click()
    page.get_by_role("link", name="Compute a plan").first.click()
    look_at(page, "run-new.en")
    run = ask(page, story_address)
    expect(page.get_by_role("status")).to_have_text("Waiting for a free worker")
    look_at(page, "run-waiting.en")
    with as_on_a_phone(page, "run-waiting.en"):
        pass
    told: list[str] = []
    page.expose_function("told", lambda text: told.append(text))
    page.evaluate(
        "new MutationObserver(() => window.told(document.querySelector('[data-run-text]').textContent))"
        ".observe(document.querySelector('[data-run-text]'), {childList: true, characterData: true, subtree: true})"
    )
    with a_worker(tmp_path):
        page.wait_for_url("**/plans/PLAN-*", timeout=60_000)
        assert told
        page.goto(run)
        expect(page.get_by_text("Done after")).to_be_visible()
        look_at(page, "run-done.en")
        page.get_by_role("link", name="To the plan").click()
        page.wait_for_url("**/plans/PLAN-*")
    ask(page, story_address)
    page.get_by_role("button", name="Cancel the computation").click()
    expect(page.get_by_text("Cancelled by 物资保障组 Supplies group")).to_be_visible()
    look_at(page, "run-cancelled.en")
    page.goto(f"{story_address}/plan-runs?lang=zh-CN")
    look_at(page, "runs.zh-CN")
    assert (watch.elsewhere, watch.errors) == ([], [])


def test_without_a_script_the_page_is_loaded_anew(browser: Browser, story_address: str, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, story_address, "supplies")
    ask(page, story_address)
    with a_worker(tmp_path):
        page.get_by_role("link", name="To the plan").click(timeout=60_000)
    assert "/plans/PLAN-" in page.url
    context.close()


def test_faults_come_back_with_what_was_typed(page: Page, story_address: str) -> None:
    log_in(page, story_address, "supplies")
    page.goto(f"{story_address}/plan-runs/new")
    page.locator("#start").evaluate("field => { field.type = 'text'; field.value = 'tomorrow'; }")
    page.get_by_role("button", name="Compute").click()
    assert "date like 2020-01-31" in page.inner_text("[role=alert]")
    look_at(page, "run-refused.en")


def test_a_leader_sees_runs_but_does_not_ask_for_them(page: Page, story_address: str) -> None:
    log_in(page, story_address, "leader")
    page.goto(f"{story_address}/plan-runs")
    assert page.get_by_role("link", name="Compute a plan").count() == 0
    answer = page.goto(f"{story_address}/plan-runs/new")
    assert answer is not None
    assert answer.status == 403
