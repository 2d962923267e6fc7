"""Whether proofs of the portions of a problem prove the whole: nothing divided that belongs together, nothing lost.

Every law that ``check_portion`` tests is about one limit and what uses it, about one demand and the limits that it can
reach, or a sum over rows. So it holds for the whole when it holds for each portion, if

- each row of the problem is in just one portion (lanes, items, places and bands are in all);
- no source, fund, truck limit or reserve can be used by demands or sources of two portions;
- the plan has the rows of the portions' plans, all of them and no others; levels and cost are theirs together.

This is asked of the problem and the plan themselves, not of what divided them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import fsum
from operator import attrgetter

from ..model.plan import Plan
from ..model.problem import Offer, Problem, Supply
from .facts import Finding, finding

_WHOLE = ("items", "sites", "facilities", "lanes", "bands")
_DEALT = ("supplies", "offers", "funds", "demands", "substitutions", "capacities", "reserves", "previous")
_COST_DUST = 1e-9


def division_findings(problem: Problem, portions: Sequence[Problem]) -> Iterator[Finding]:
    """What is lost, there twice, or divided though it belongs together."""
    heads = {(portion.start, portion.periods, portion.change_penalty) for portion in portions}
    if heads != {(problem.start, problem.periods, problem.change_penalty)}:
        yield finding("portion_differs", "a portion has another {table}", table="horizon or change penalty")
    for table in _WHOLE:
        if any(getattr(portion, table) is not getattr(problem, table) for portion in portions):
            yield finding("portion_differs", "a portion has other {table}", table=table)
    for table in _DEALT:
        # The rows are the problem's own: the same objects, and so the same facts.
        dealt = sorted(id(row) for portion in portions for row in getattr(portion, table))
        if dealt != sorted(map(id, getattr(problem, table))):
            yield finding("portion_differs", "the {table} of the portions are not those of the problem", table=table)
    trucked = {row.site for row in problem.capacities}
    user: dict[tuple[str, str], int] = {}
    for number, portion in enumerate(portions):
        for kind, name in _touched(portion, trucked):
            if user.setdefault((kind, name), number) != number:
                message = "portions {one} and {other} share {kind} {name}"
                yield finding("portion_shared", message, one=user[kind, name], other=number, kind=kind, name=name)


def _touched(portion: Problem, trucked: set[str]) -> Iterator[tuple[str, str]]:
    """Items, funds and trucks that a portion's demands or sources can use, each once."""
    sources: tuple[Supply | Offer, ...] = (*portion.supplies, *portion.offers)
    items = {row.item for row in portion.demands} | {row.item for row in sources}
    items |= {row.item for row in portion.reserves}
    items |= {name for row in portion.substitutions for name in (row.item, row.serves)}
    funds = {row.id for row in portion.funds} | {row.fund for row in portion.offers if row.fund is not None}
    trucks = {row.site for row in portion.capacities} | {row.site for row in sources if row.site in trucked}
    for kind, names in (("item", items), ("fund", funds), ("truck", trucks)):
        yield from ((kind, name) for name in sorted(names))


def joined_findings(problem: Problem, plan: Plan, portions: Sequence[Plan]) -> Iterator[Finding]:
    """What the whole plan does not have from the portions' plans, or has besides."""
    names = list(map(attrgetter("id"), problem.demands))
    if list(map(attrgetter("demand"), plan.demands)) != names:
        yield finding("portion_differs", "the {table} of the plan are not those of the problem", table="demands")
    for table in ("demands", "shipments", "purchases", "certificates", "relaxed"):
        whole = sorted(map(id, getattr(plan, table)))
        if whole != sorted(id(row) for portion in portions for row in getattr(portion, table)):
            yield finding("portion_differs", "the {table} of the plan are not those of the portions", table=table)
    for band, row in enumerate(plan.bands):
        if set(row.levels) != {level for portion in portions for level in portion.bands[band].levels}:
            yield finding("portion_differs", "the {table} of the plan are not those of the portions", table="levels")
    cost = fsum(portion.cost for portion in portions)
    if abs(cost - plan.cost) > _COST_DUST * (1 + abs(cost)):
        yield finding("cost_mismatch", "the plan costs {told}, and its portions {cost}", told=plan.cost, cost=cost)
