"""A short life of a smaller city, through the services: what must hold on every day and by every rule."""

import json
from pathlib import Path

import pytest

from app.__main__ import main
from app.core.database import Database
from app.core.errors import ConflictError
from app.core.settings import Settings
from app.core.trail import acting_from
from app.simulation.service import simulate
from app.simulation.summary import Summary
from app.simulation.types import Method, Options
from tests.conftest import KINDS

DAYS = 3
ALL_REPORT = 111
"""A seed by which every facility reports in time on the first three days: the need is known whole on the last."""
KEYS = {
    "days", "plans", "approved_first_try", "need_last_over_first", "oversold_units", "used_past_expiry_units",
    "stockout_days", "unmet_use", "lowest_share", "mean_share", "spoiled_units", "transfer_orders", "trips",
    "inflation_gain",
}  # fmt: skip


def live(database: Database, settings: Settings, method: Method, days: int = DAYS, seed: int = 7) -> Summary:
    with acting_from("test"):
        return simulate(Options(days=days, seed=seed, method=method, places_per_type=1), database, settings.city_zone)


def holds(summary: Summary, days: int) -> None:
    assert (summary.days, summary.plans, summary.refusals) == (days, 2 * days, [])
    assert summary.approved_first_try == summary.plans
    assert (summary.oversold_units, summary.used_past_expiry_units, summary.used_after_recall_units) == (0, 0, 0)
    assert summary.events_between_plan_and_approval >= 30
    assert summary.transfer_orders > 5 * days
    assert 0 < summary.lowest_share <= summary.mean_share <= 1


def test_a_city_can_live_by_the_rule(database: Database, settings: Settings) -> None:
    summary = live(database, settings, Method.TONGCHOU, seed=ALL_REPORT)
    holds(summary, DAYS)
    assert 0.95 < summary.need_last_over_first < 1.05
    assert 0.9 < summary.need_over_true_need < 1.2
    assert summary.unmet_use < 0.1
    with acting_from("test"), pytest.raises(ConflictError, match="needs an empty one"):
        simulate(Options(), database, settings.city_zone)


OTHER_RULES = [(KINDS[0], Method.FIRST_COME), (KINDS[-1], Method.PRO_RATA), (KINDS[0], Method.LARGEST_CLAIM)]
"""The rules only choose who gets goods: both kinds of database see some."""


@pytest.mark.parametrize(("database_url", "method"), OTHER_RULES, indirect=["database_url"])
def test_a_city_can_live_by_other_rules(database: Database, settings: Settings, method: Method) -> None:
    holds(live(database, settings, method, 2), 2)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = []
    for name in ("once", "again"):
        given = ["--days", "2", "--places", "1", "--lang", "en", "--out", str(tmp_path / name)]
        assert main(["simulate", *given]) == 0
        answers.append((tmp_path / name / "summary.json").read_bytes())
    assert answers[0] == answers[1]
    assert set(json.loads(answers[0])) >= KEYS
    pictures = sorted(path.name for path in (tmp_path / "once").glob("*.svg"))
    assert len(pictures) == 6
    assert all((tmp_path / "once" / name).read_text(encoding="utf-8").startswith("<svg") for name in pictures)
    table = capsys.readouterr().out
    assert "Plans approved at the first try" in table
    assert "4 / 4" in table


@pytest.mark.parametrize(
    "wrong", [["--days", "1"], ["--days", "x"], ["--places", "0"], ["--rule", "all", "--database", "sqlite:///x.db"]]
)
def test_wrong_usage_is_told(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(["simulate", *wrong])
    assert refusal.value.code == 2
    assert wrong[0] in capsys.readouterr().err
