"""Small readable problems, and a generator of many, for the tests of the solver."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from solver import (
    DEFAULT,
    Band,
    Capacity,
    Demand,
    Facility,
    Fund,
    Item,
    Lane,
    Offer,
    Parameters,
    Plan,
    Problem,
    Reserve,
    Shipment,
    Site,
    Substitution,
    Supply,
)
from solver.formats.plan_json import plan_to_json

START = date(2020, 1, 31)
EVERYONE = Band(name="everyone", caps=((1, 1.0), (2, 1.0), (3, 1.0)))
FLOOR = Band(name="a floor for everyone", caps=((1, 0.5), (2, 0.3), (3, 0.1)))
KEY_POINTS = Band(name="key points", caps=((1, 1.0),))
THE_REST = Band(name="everyone else", caps=((2, 1.0), (3, 1.0)))


def masks(
    stock: int | None,
    asked: Sequence[int],
    *,
    tiers: Sequence[int] = (),
    bands: Sequence[Band] = (EVERYONE,),
    pack: int = 1,
    due: int = 0,
    periods: int = 3,
    lanes: Iterable[Lane] | None = None,
    supplies: Iterable[Supply] | None = None,
    offers: Iterable[Offer] = (),
    funds: Iterable[Fund] = (),
    items: Iterable[Item] = (),
    substitutions: Iterable[Substitution] = (),
    capacities: Iterable[Capacity] = (),
    reserves: Iterable[Reserve] = (),
    previous: Iterable[Shipment] = (),
    change_penalty: float = 0.0,
) -> Problem:
    """Masks in one depot for hospitals h-0, h-1, ... that ask d-0, d-1, ...; ``lot`` holds the stock."""
    hospitals = [f"h-{number}" for number in range(len(asked))]
    tiers = tiers or [1] * len(asked)
    if supplies is None:
        supplies = [] if stock is None else [Supply(id="lot", item="mask", site="depot", quantity=stock)]
    return Problem.of(
        start=START,
        periods=periods,
        items=[Item(id="mask", pack=pack, volume=1.0, value=2.0), *items],
        sites=[Site(id="depot")],
        facilities=[Facility(id=hospital) for hospital in hospitals],
        lanes=[Lane(site="depot", facility=hospital) for hospital in hospitals] if lanes is None else lanes,
        supplies=supplies,
        offers=offers,
        funds=funds,
        demands=[
            Demand(id=f"d-{number}", facility=hospital, item="mask", quantity=quantity, due=due, tier=tier)
            for number, (hospital, quantity, tier) in enumerate(zip(hospitals, asked, tiers, strict=True))
        ],
        substitutions=substitutions,
        capacities=capacities,
        reserves=reserves,
        bands=bands,
        previous=previous,
        change_penalty=change_penalty,
    )


def without(problem: Problem, **tables: Any) -> Problem:
    """The problem with some tables replaced, sorted and checked anew."""
    return problem_of({**fields_of(problem), **tables})


def problem_of(fields: Mapping[str, Any]) -> Problem:
    """A problem of the fields of ``fields_of``."""
    return Problem.of(**fields)


def fields_of(problem: Problem) -> dict[str, Any]:
    """Everything that ``Problem.of`` takes."""
    return {name: getattr(problem, name) for name in Problem.__dataclass_fields__}


def with_more_stock(problem: Problem, supply: str, more: int) -> Problem:
    """The problem with so many more units of one supply."""
    return replace(
        problem,
        supplies=tuple(
            replace(row, quantity=row.quantity + more) if row.id == supply else row for row in problem.supplies
        ),
    )


def document(**changes: Any) -> dict[str, Any]:
    """A proper problem document with every list in use, the one of the format's description."""
    made: dict[str, Any] = {
        "format": "tongchou.problem/1",
        "start": "2020-01-31",
        "periods": 7,
        "items": [{"id": "n95", "pack": 20, "volume": 0.02, "value": 12.5}, {"id": "surgical"}],
        "sites": [{"id": "wh-tianyuan"}],
        "facilities": [{"id": "hosp-1"}],
        "lanes": [{"site": "wh-tianyuan", "facility": "hosp-1", "days": 0, "cost": 0.03}],
        "supplies": [
            {
                "id": "lot-1",
                "item": "n95",
                "site": "wh-tianyuan",
                "quantity": 12000,
                "from": 0,
                "until": 3,
                "earmark": ["hosp-1"],
            }
        ],
        "offers": [
            {
                "id": "offer-1",
                "item": "n95",
                "site": "wh-tianyuan",
                "quantity": 5000,
                "from": 2,
                "unit_price": 14.0,
                "fund": "city",
            }
        ],
        "funds": [{"id": "city", "amount": 60000}],
        "demands": [{"id": "d-1", "facility": "hosp-1", "item": "n95", "quantity": 3000, "due": 2, "tier": 1}],
        "substitutions": [{"item": "n95", "for": "surgical", "ratio": 1.0, "penalty": 2.0}],
        "capacities": [{"site": "wh-tianyuan", "period": 0, "volume": 400}],
        "reserves": [{"item": "n95", "quantity": 500}],
        "bands": [
            {"name": "a floor for everyone", "caps": {"1": 0.5, "2": 0.3, "3": 0.1}},
            {"name": "key points", "caps": {"1": 1.0}},
            {"name": "everyone else", "caps": {"2": 1.0, "3": 1.0}},
        ],
    }
    made.update(changes)
    return made


def tuned(**groups: Mapping[str, Any]) -> Parameters:
    """The default parameters with some changed: ``tuned(engine={"subproblem_demands": 1})``."""
    changed: dict[str, Any] = {name: replace(getattr(DEFAULT, name), **values) for name, values in groups.items()}
    return replace(DEFAULT, **changed)


EACH_GROUP = tuned(engine={"subproblem_demands": 1})
"""Each group of items is a subproblem of its own."""


def plain_bytes(plan: Plan) -> bytes:
    """The plan as its document says it, without the time that it took."""
    document = plan_to_json(plan)
    for band in document["bands"]:
        del band["seconds"]
    return json.dumps(document).encode()


def crowd() -> Problem:
    """Many components, so that there is something to share out and to stop."""
    base = masks(None, [])
    names = [f"i-{number:02d}" for number in range(12)]
    return without(
        base,
        items=[Item(id=name) for name in names],
        facilities=[Facility(id="h-0"), Facility(id="h-1")],
        lanes=[Lane(site="depot", facility="h-0"), Lane(site="depot", facility="h-1")],
        supplies=[Supply(id=f"lot-{name}", item=name, site="depot", quantity=7) for name in names],
        demands=[
            replace(masks(0, [5]).demands[0], id=f"d-{name}-{hospital}", facility=hospital, item=name)
            for name in names
            for hospital in ("h-0", "h-1")
        ],
        substitutions=[Substitution(item=one, serves=two) for one, two in zip(names[::4], names[1::4], strict=True)],
    )
