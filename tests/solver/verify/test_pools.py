"""What the proof takes for equal is equal: demands that draw on the same sources, pools, and shares."""

from __future__ import annotations

from solver import DEFAULT, Capacity, Problem, Supply
from solver.model.plan import DemandOutcome
from solver.verify.facts import Facts
from solver.verify.paths import Paths
from solver.verify.pools import Pools
from tests.solver.cases import masks


def kinds(problem: Problem) -> list[int]:
    pools = Pools(Facts(problem, DEFAULT.proof))
    return [pools.kind_of[demand.id] for demand in problem.demands]


def lot(name: str, **more: object) -> Supply:
    return Supply(id=name, item="mask", site="depot", quantity=100, **more)  # type: ignore[arg-type]


def test_those_who_draw_on_the_same_sources_are_one_kind() -> None:
    assert kinds(masks(None, [30, 50, 70], supplies=[lot("lot")])) == [0, 0, 0]


def test_an_earmark_sets_apart_whom_it_names() -> None:
    problem = masks(None, [30, 50, 70], supplies=[lot("lot"), lot("gift", earmark=("h-1",))])
    pools = Pools(Facts(problem, DEFAULT.proof))
    assert kinds(problem) == [0, 1, 0]
    drawn = [
        {name for pool, _ in pools.links[kind] for draw in pools.draws[pool] for name, _ in draw.limits}
        for kind in range(2)
    ]
    assert drawn == [{"supply:lot"}, {"supply:lot", "supply:gift"}]


def test_a_source_of_nobody_else_is_no_pool_of_others() -> None:
    problem = masks(None, [30, 50], supplies=[lot("gift", earmark=("h-1",))])
    pools = Pools(Facts(problem, DEFAULT.proof))
    assert [pools.links[kind] for kind in kinds(problem)] == [(), ((0, 1),)]


def test_trucks_of_later_periods_are_open_to_later_demands_only() -> None:
    trucks = [Capacity(site="depot", period=period, volume=10.0) for period in range(2)]
    early = masks(None, [30], supplies=[lot("lot")], capacities=trucks, periods=2, due=0)
    late = masks(None, [30], supplies=[lot("lot")], capacities=trucks, periods=2, due=1)
    seen = [Pools(Facts(problem, DEFAULT.proof)).draws[0][0].trucks for problem in (early, late)]
    assert seen == [("capacity:depot:0",), ("capacity:depot:0", "capacity:depot:1")]


def test_equal_shares_of_a_tier_are_one_path() -> None:
    problem = masks(None, [30, 50, 70], tiers=[1, 1, 2], supplies=[lot("lot")])
    rows = [DemandOutcome(demand=demand.id, shares=(0.5,), quantity=0) for demand in problem.demands]
    paths = Paths(Facts(problem, DEFAULT.proof), rows)
    assert [path.demands for path in paths] == [["d-0", "d-1"], ["d-2"]]
    assert paths.of["d-1"].held == (1 << 111,)
