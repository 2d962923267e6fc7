"""Which items may serve in place of others, at which facilities: by the catalogue, and by grade at key facilities."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

import solver
from app.catalog.models import Item, Substitution
from app.catalog.types import Program
from app.planning.grades.rules import needs_permission
from app.planning.grades.service import grade_of, permitted_on
from app.requisitions.fulfilment import OpenNeed

MICRO = 1_000_000


def substitutions(
    session: Session,
    program: Program,
    needs: Sequence[OpenNeed],
    tiers: Mapping[str, int],
    day: date,
    barred: dict[tuple[str, str], Sequence[str]],
) -> list[solver.Substitution]:
    """One per pair of items, allowed at those of the asking facilities whose type the catalogue names.

    A lower grade reaches key facilities (`tiers`, by facility) only by a leader's permission; at which of them it is
    therefore not allowed is added to `barred`.
    """
    rows = session.scalars(
        select(Substitution).where(
            Substitution.item.has(Item.program == program), Substitution.serves_item.has(Item.program == program)
        )
    ).unique()
    permitted = permitted_on(session, day)
    found = []
    for row in rows:
        types = {allowed.facility_type.code for allowed in row.facility_types}
        asking = [need for need in needs if need.item == row.serves_item.code]
        fitting = sorted({need.facility for need in asking if need.facility_type in types})
        grades = grade_of(row.item), grade_of(row.serves_item)
        without = [
            code
            for code in fitting
            if needs_permission(*grades, tiers[code]) and (row.item_id, row.serves_item_id, code) not in permitted
        ]
        if without:
            barred[row.item.code, row.serves_item.code] = without
        if asking:
            found.append(
                solver.Substitution(
                    item=row.item.code,
                    serves=row.serves_item.code,
                    ratio=row.ratio_permille / 1000,
                    penalty=row.penalty_microyuan_per_unit / MICRO,
                    facilities=tuple(code for code in fitting if code not in without),
                )
            )
    return found
