"""No unfair plan is proved: hundreds of proved plans, each damaged as a clever or a careless maker might."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest

from solver import DEFAULT, Item, Options, Problem, Supply, check, solve
from solver.model.certificate import Certificate, CertificateChain, RelaxedShipment
from solver.model.plan import Plan
from solver.verify.facts import Facts
from solver.verify.relaxed import Relaxed, relaxed_cost
from tests.solver.cases import masks, without
from tests.solver.conftest import TIMES
from tests.solver.random_coupled import coupled_problem

BATCH = 25
PROBLEMS = BATCH * max(2, round(20 * TIMES))
UNFAIR = {"not_fair", "not_proved"}
MATERIAL = 2e-5
"""By how much shares are damaged at least: twenty times what the check lets pass."""

Shares = dict[str, tuple[float, ...]]


def codes(problem: Problem, plan: Plan) -> set[str]:
    return {finding.code for finding in check(problem, plan)}


def rewritten(problem: Problem, plan: Plan, shares: Shares, relaxed: list[RelaxedShipment]) -> Plan:
    """The plan with other shares and relaxed shipments; levels, certificates' levels and cost told to fit."""
    caps = [
        {d.id: band.get(d.tier, 0.0) for d in problem.demands if band.get(d.tier, 0.0) > 0}
        for band in problem.band_caps()
    ]

    def outcome(band: int, name: str) -> float:
        return min(1.0, shares[name][band] / caps[band][name])

    levels = [tuple(sorted({outcome(number, name) for name in served})) for number, served in enumerate(caps)]
    cost = relaxed_cost(Facts(problem, DEFAULT.proof), Relaxed(Facts(problem, DEFAULT.proof), relaxed))
    return replace(
        plan,
        demands=tuple(replace(row, shares=shares[row.demand]) for row in plan.demands),
        bands=tuple(replace(band, levels=levels[number]) for number, band in enumerate(plan.bands)),
        certificates=tuple(certificates(plan, outcome)),
        relaxed=tuple(relaxed),
        cost=plan.cost if cost is None else cost,
    )


def certificates(plan: Plan, outcome: Callable[[int, str], float]) -> Iterator[Certificate]:
    """The plan's certificates with each event split by the outcomes that its demands have now, in ascending order."""
    chains: dict[tuple[int, str], dict[float, tuple[list[str], Mapping[str, Fraction]]]] = {}
    for (band, label), full in full_duals(plan).items():
        found = chains.setdefault((band, label), {})
        for names, duals in full:
            for name in names:
                found.setdefault(outcome(band, name), ([], duals))[0].append(name)
    for (band, label), found in chains.items():
        chain = CertificateChain(band, label, DEFAULT.proof)
        for level in sorted(found):
            chain.settle(level, *found[level])
        yield from chain.certificates


def full_duals(plan: Plan) -> dict[tuple[int, str], list[tuple[list[str], dict[str, Fraction]]]]:
    """By band and chain the demands of each event and all of its duals, not only what changed."""
    found: dict[tuple[int, str], list[tuple[list[str], dict[str, Fraction]]]] = {}
    for event in plan.certificates:
        events = found.setdefault((event.band, event.chain), [])
        duals = {**(events[-1][1] if events else {}), **dict(event.duals)}
        events.append((list(event.demands), duals))
    return found


def shares_of(plan: Plan) -> Shares:
    return {row.demand: row.shares for row in plan.demands}


def shifted(shares: tuple[float, ...], step: float) -> tuple[float, ...]:
    """The shares, the last one changed and the earlier ones no higher than that."""
    last = shares[-1] + step
    return (*(min(share, last) for share in shares[:-1]), last)


# What is done to them. Each returns a plan that is unfair by MATERIAL at least, or None where it cannot be done.


def lowered(problem: Problem, plan: Plan, chance: Random) -> Plan | None:
    """Somebody gets less than there is, and the rest stays lying."""
    shares = shares_of(plan)
    served = [name for name, path in shares.items() if path[-1] > 10 * MATERIAL]
    if not served:
        return None
    name = chance.choice(served)
    step = chance.uniform(MATERIAL, min(0.2, shares[name][-1]))
    kept = 1.0 - step / shares[name][-1]
    relaxed = [replace(row, quantity=row.quantity * kept) if row.demand == name else row for row in plan.relaxed]
    shares[name] = shifted(shares[name], -step)
    return rewritten(problem, plan, shares, relaxed)


def moved(problem: Problem, plan: Plan, chance: Random) -> Plan | None:
    """Somebody gets what is another's, out of the same source."""
    facts, shares = Facts(problem, DEFAULT.proof), shares_of(plan)
    ways = []
    for row in plan.relaxed:
        source = facts.sources[row.source]
        taken = facts.demands[row.demand]
        for other in problem.demands:
            if other.id == row.demand or facts.why_not(source, other, row.period) is not None:
                continue
            ratio = float(facts.ratio(source.item, other) or 0), float(facts.ratio(source.item, taken) or 0)
            room = (problem.band_caps()[-1].get(other.tier, 0.0) - shares[other.id][-1]) * other.quantity / ratio[0]
            units = min(row.quantity, room)
            if units * min(ratio[0] / other.quantity, ratio[1] / taken.quantity) > MATERIAL:
                ways.append((row, other, units, ratio))
    if not ways:
        return None
    row, other, units, ratio = chance.choice(ways)
    taken = facts.demands[row.demand]
    least = MATERIAL / min(ratio[0] / other.quantity, ratio[1] / taken.quantity)
    units = chance.uniform(least, units)
    relaxed = [replace(each, quantity=each.quantity - units) if each is row else each for each in plan.relaxed]
    relaxed.append(replace(row, demand=other.id, quantity=units))
    shares[row.demand] = shifted(shares[row.demand], -units * ratio[1] / taken.quantity)
    shares[other.id] = shifted(shares[other.id], units * ratio[0] / other.quantity)
    return rewritten(problem, plan, shares, relaxed)


def overstated(problem: Problem, plan: Plan, chance: Random) -> Plan | None:
    """Lowered, with all others told a little more than they get, and a little worth for every limit.

    So that those who are told too much make up for what is kept from the one: the gap of every event is below 0.
    """
    less = lowered(problem, plan, chance)
    if less is None:
        return None
    tiny = Fraction(1, 10 ** chance.randint(9, 13))
    facts = Facts(problem, DEFAULT.proof)
    shares = {
        name: path if path != shares_of(plan)[name] else tuple(share * (1.0 + 1e-8) for share in path)
        for name, path in shares_of(less).items()
    }
    told = rewritten(problem, less, shares, list(less.relaxed))
    full = {
        key: [(names, dict.fromkeys(facts.bounds, tiny) | duals) for names, duals in events]
        for key, events in full_duals(told).items()
    }
    events = []
    for (band, label), rows in full.items():
        levels = [event.level for event in told.certificates if (event.band, event.chain) == (band, label)]
        chain = CertificateChain(band, label, DEFAULT.proof)
        for level, (names, duals) in zip(levels, rows, strict=True):
            chain.settle(level, names, duals)
        events += chain.certificates
    return replace(told, certificates=tuple(events))


DAMAGES = {"lowered": lowered, "moved": moved, "overstated": overstated}


@pytest.mark.parametrize("first", range(0, PROBLEMS, BATCH))
def test_no_unfair_plan_is_proved(first: int) -> None:
    tried = dict.fromkeys(DAMAGES, 0)
    for number in range(first, first + BATCH):
        problem = coupled_problem(number)
        plan = solve(problem, Options(gains_max=0, check=False))
        assert check(problem, plan) == ()
        for how, damage in DAMAGES.items():
            damaged = damage(problem, plan, Random(number))
            if damaged is not None:
                tried[how] += 1
                assert codes(problem, damaged) & UNFAIR, (number, how)
    assert min(tried.values()) >= BATCH // 4


def two_lots() -> Problem:
    """Masks for d-0, of which there are 50; gowns for d-1, of which there are 60; both ask for 100."""
    problem = masks(50, [100, 100], items=[Item(id="gown")])
    lots = [*problem.supplies, Supply(id="gowns", item="gown", site="depot", quantity=60)]
    demands = [problem.demands[0], replace(problem.demands[1], item="gown")]
    return without(problem, supplies=lots, demands=demands)


@pytest.mark.parametrize("told", [3e-9, 0.0])
@pytest.mark.parametrize("worth", [Fraction(1, 10**12), Fraction(1, 10**9), Fraction(1)])
def test_who_is_told_too_much_does_not_prove_that_another_has_enough(told: float, worth: Fraction) -> None:
    """d-1 gets 50 of 60 gowns. d-0 is told 3e-9 more than the masks that there are: nothing comes of that."""
    problem = two_lots()
    plan = solve(problem)
    shares = {"d-0": (0.5 + told,), "d-1": (0.5,)}
    relaxed = [replace(row, quantity=50.0) for row in plan.relaxed]
    chain = CertificateChain(0, "all", DEFAULT.proof)
    chain.settle(0.5 + told, ["d-0", "d-1"], {"supply:lot": 1, "supply:gowns": worth})
    unfair = replace(rewritten(problem, plan, shares, relaxed), certificates=chain.certificates)
    packs = {row.demand: 50 for row in plan.demands}
    unfair = replace(
        unfair,
        demands=tuple(replace(row, quantity=packs[row.demand]) for row in unfair.demands),
        shipments=tuple(replace(row, quantity=packs[row.demand]) for row in unfair.shipments),
    )
    assert codes(problem, unfair) == {"not_fair"}
    assert codes(problem, plan) == set()


def test_what_is_proved_is_what_is_delivered() -> None:
    """A share told a little too high, by less than is let pass, neither proves nor hides anything."""
    problem = two_lots()
    plan = solve(problem)
    told = shares_of(plan) | {"d-0": (0.5 + 5e-7,)}
    assert codes(problem, rewritten(problem, plan, told, list(plan.relaxed))) == set()


def test_certificates_that_prove_nothing_leave_it_to_programs() -> None:
    problem = two_lots()
    plan = solve(problem)
    mute = tuple(
        replace(event, duals=tuple((limit, Fraction(0)) for limit, _ in event.duals)) for event in plan.certificates
    )
    assert codes(problem, replace(plan, certificates=mute)) == set()
    less = lowered(problem, plan, Random(1))
    assert less is not None
    assert codes(problem, replace(less, certificates=mute)) & UNFAIR
