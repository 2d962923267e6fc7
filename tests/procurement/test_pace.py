"""When a fund runs out at the pace of the last days; no database."""

from datetime import date, timedelta

from app.procurement.pace import PACE_DAYS, RunsOut, runs_out

TODAY = date(2020, 1, 31)


def test_an_even_pace_has_no_spread() -> None:
    day = TODAY + timedelta(days=4)
    assert runs_out(350, [100] * PACE_DAYS, TODAY) == RunsOut(day=day, earliest=day, latest=day)


def test_one_lump_is_told_with_a_wide_interval() -> None:
    found = runs_out(1_400, [1_400, *[0] * (PACE_DAYS - 1)], TODAY)
    assert found is not None
    # 100 a day on average; its standard error is 100, too, so the slow end never comes.
    assert (found.day, found.earliest, found.latest) == (date(2020, 2, 14), date(2020, 2, 7), None)


def test_nothing_committed_says_nothing_and_an_empty_fund_is_out_today() -> None:
    assert runs_out(1, [0] * PACE_DAYS, TODAY) is None
    assert runs_out(0, [1] * PACE_DAYS, TODAY) == RunsOut(day=TODAY, earliest=TODAY, latest=TODAY)
    assert runs_out(10**15, [1] * PACE_DAYS, TODAY) == RunsOut(day=None, earliest=None, latest=None)
