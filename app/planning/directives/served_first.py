"""The needs that a plan must serve before all others, for its snapshot."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.types import Program
from app.planning.directives.models import Directive, DirectiveConfirmation
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.types import RequisitionState


def directive_needs(session: Session, program: Program) -> Mapping[int, int]:
    """Ids of the directives in force, by the requisition line that each became."""
    query = (
        select(DirectiveConfirmation.requisition_line_id, Directive.id)
        .join(Directive, Directive.id == DirectiveConfirmation.directive_id)
        .join(RequisitionLine, RequisitionLine.id == DirectiveConfirmation.requisition_line_id)
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .where(
            Requisition.program == program,
            Requisition.state.in_([RequisitionState.REVIEWED, RequisitionState.PLANNED]),
            ~Directive.ending.has(),
        )
    )
    return dict(session.execute(query).all())
