"""Whether the proofs of all subproblems prove the whole plan: nothing coupled was divided, no row was lost.

Every law that ``check_subproblem`` tests is about one limit and what uses it, about one demand and the limits that
it can reach, or a sum over rows. So it holds for the whole when it holds for each subproblem, if

- each row of the problem is in just one subproblem (lanes, items, places and bands are in all);
- no source, fund, truck limit or reserve can be used by demands or sources of two subproblems;
- the plan has the rows of the subproblems' plans, all of them and no others; levels and cost are theirs together.

This is asked of the problem and the plan themselves, not of what divided them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import fsum
from operator import attrgetter

from ..model.facts import Offer, Supply
from ..model.plan import Plan
from ..model.problem import Problem
from ..parameters import ProofParameters
from .facts import Finding, finding

_WHOLE = ("items", "sites", "facilities", "lanes", "bands")
_DEALT = ("supplies", "offers", "funds", "demands", "substitutions", "capacities", "reserves", "previous")


def division_findings(problem: Problem, subproblems: Sequence[Problem]) -> Iterator[Finding]:
    """What is lost, there twice, or divided though it belongs together."""
    heads = {(subproblem.start, subproblem.periods, subproblem.change_penalty) for subproblem in subproblems}
    if heads != {(problem.start, problem.periods, problem.change_penalty)}:
        yield finding("subproblem_differs", "a subproblem has another {table}", table="horizon or change penalty")
    for table in _WHOLE:
        if any(getattr(subproblem, table) is not getattr(problem, table) for subproblem in subproblems):
            yield finding("subproblem_differs", "a subproblem has other {table}", table=table)
    for table in _DEALT:
        # The rows are the problem's own: the same objects, and so the same facts.
        dealt = sorted(id(row) for subproblem in subproblems for row in getattr(subproblem, table))
        if dealt != sorted(map(id, getattr(problem, table))):
            yield finding(
                "subproblem_differs", "the {table} of the subproblems are not those of the problem", table=table
            )
    trucked = {row.site for row in problem.capacities}
    user: dict[tuple[str, str], int] = {}
    for number, subproblem in enumerate(subproblems):
        for kind, name in _touched(subproblem, trucked):
            if user.setdefault((kind, name), number) != number:
                message = "subproblems {one} and {other} share {kind} {name}"
                yield finding("subproblem_shared", message, one=user[kind, name], other=number, kind=kind, name=name)


def _touched(subproblem: Problem, trucked: set[str]) -> Iterator[tuple[str, str]]:
    """Items, funds and trucks that a subproblem's demands or sources can use, each once."""
    sources: tuple[Supply | Offer, ...] = (*subproblem.supplies, *subproblem.offers)
    items = {row.item for row in subproblem.demands} | {row.item for row in sources}
    items |= {row.item for row in subproblem.reserves}
    items |= {name for row in subproblem.substitutions for name in (row.item, row.serves)}
    funds = {row.id for row in subproblem.funds} | {row.fund for row in subproblem.offers if row.fund is not None}
    trucks = {row.site for row in subproblem.capacities} | {row.site for row in sources if row.site in trucked}
    for kind, names in (("item", items), ("fund", funds), ("truck", trucks)):
        yield from ((kind, name) for name in sorted(names))


def merged_findings(
    problem: Problem, plan: Plan, subproblems: Sequence[Plan], parameters: ProofParameters
) -> Iterator[Finding]:
    """What the whole plan does not have from the subproblems' plans, or has besides."""
    names = list(map(attrgetter("id"), problem.demands))
    if list(map(attrgetter("demand"), plan.demands)) != names:
        yield finding("subproblem_differs", "the {table} of the plan are not those of the problem", table="demands")
    for table in ("demands", "shipments", "purchases", "certificates", "relaxed"):
        whole = sorted(map(id, getattr(plan, table)))
        if whole != sorted(id(row) for subproblem in subproblems for row in getattr(subproblem, table)):
            yield finding("subproblem_differs", "the {table} of the plan are not those of the subproblems", table=table)
    for band, row in enumerate(plan.bands):
        if set(row.levels) != {level for subproblem in subproblems for level in subproblem.bands[band].levels}:
            yield finding(
                "subproblem_differs", "the {table} of the plan are not those of the subproblems", table="levels"
            )
    cost = fsum(subproblem.cost for subproblem in subproblems)
    if abs(cost - plan.cost) > parameters.cost_merged * (1 + abs(cost)):
        yield finding("cost_mismatch", "the plan costs {told}, and its subproblems {cost}", told=plan.cost, cost=cost)
