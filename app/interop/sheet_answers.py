"""What senders answered about their sheets: kept, and offered with the next one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right
from app.catalog.aliases import add_alias as add_item_alias
from app.catalog.models import ItemAlias
from app.catalog.rules import alias_faults
from app.catalog.schemas import NewAlias
from app.core.work import Work
from app.facilities.aliases import add_alias as add_facility_alias
from app.facilities.models import FacilityAlias
from app.facilities.schemas import NewFacilityAlias
from app.interop.models import SheetAnswer
from app.interop.sheets.answers import LEAVE_OUT, Answers
from app.interop.sheets.headings import SheetField
from app.interop.types import AnswerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswers:
    """What a sender answered before, by kind."""

    headings: Mapping[str, SheetField] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    facilities: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def behind(self, answers: Answers) -> Answers:
        """The answers for this file, and behind them those that were kept; headings are told apart by themselves."""
        return replace(
            answers,
            items={**self.items, **answers.items},
            facilities={**self.facilities, **answers.facilities},
            units={**self.units, **answers.units},
        )


def kept_answers(session: Session, sender: str) -> KeptAnswers:
    """Everything that was kept of a sender."""
    rows = session.scalars(select(SheetAnswer).where(SheetAnswer.sender == sender).order_by(SheetAnswer.id)).all()
    of: dict[AnswerKind, dict[str, str]] = {kind: {} for kind in AnswerKind}
    for row in rows:
        of[row.kind][row.said] = row.meaning
    return KeptAnswers(
        headings={said: SheetField(meaning) for said, meaning in of[AnswerKind.HEADING].items()},
        items=of[AnswerKind.ITEM],
        facilities=of[AnswerKind.FACILITY],
        units={_item_and_unit(said): meaning for said, meaning in of[AnswerKind.UNIT].items()},
    )


def _item_and_unit(said: str) -> tuple[str, str]:
    item, _, unit = said.partition("/")
    return item, unit


def keep_answers(work: Work, sender: str, answers: Answers) -> None:
    """Keep the answers of a sender; those about names become aliases for all where the actor may write the catalogue.

    That a weighed item without a unit was meant in kilograms holds for that file only, and so do answers about cells,
    rows and sheets.
    """
    items = {name: code for name, code in answers.items.items() if code != LEAVE_OUT}
    facilities = dict(answers.facilities)
    if work.actor.may(Right.CATALOG_WRITE):
        for name in _new_aliases(work.session.scalars(select(ItemAlias.alias)), items):
            add_item_alias(work, NewAlias(alias=name, item=items.pop(name)))
        for name in _new_aliases(work.session.scalars(select(FacilityAlias.alias)), facilities):
            add_facility_alias(work, NewFacilityAlias(alias=name, facility=facilities.pop(name)))
    wanted = {
        **{(AnswerKind.HEADING, said): one.value for said, one in answers.headings.items()},
        **{(AnswerKind.ITEM, said): code for said, code in items.items()},
        **{(AnswerKind.FACILITY, said): code for said, code in facilities.items()},
        **{(AnswerKind.UNIT, f"{item}/{unit}"): worth for (item, unit), worth in answers.units.items() if unit},
    }
    query = select(SheetAnswer).where(SheetAnswer.sender == sender).with_for_update()
    known = {(row.kind, row.said): row for row in work.session.scalars(query)}
    changed = {}
    for (kind, said), meaning in sorted(wanted.items()):
        row = known.get((kind, said))
        if row is None:
            work.session.add(SheetAnswer(sender=sender, kind=kind, said=said, meaning=meaning))
        elif row.meaning != meaning:
            row.meaning = meaning
        else:
            continue
        changed[f"{kind.value} {said}"] = meaning
    if changed:
        work.session.flush()
        work.record("SHEET_ANSWERS_KEPT", "sheet_answer", sender, after=changed)


def _new_aliases(known: Iterable[str], names: Mapping[str, str]) -> list[str]:
    taken = set(known)
    return sorted(name for name in names if name not in taken and not alias_faults(name))
