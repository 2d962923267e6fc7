"""Optimistic locking of reviews on pages: a decision on what changed since it was shown is refused."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.auth import Actor
from app.core.errors import ConflictError, Fault
from app.core.http.versions import ChangedMeanwhileError, etag_of
from app.core.work import Work
from app.requisitions.lifecycle import lock_by_codes
from app.requisitions.models import Requisition
from app.requisitions.types import RequisitionState
from app.web.kit.forms import Typed


def tag_of(requisition: Requisition) -> str:
    """What a page remembers of the requisition that it showed, in the hidden field `seen`."""
    return etag_of(requisition).strip('"')


def refuse_changed(work: Work, code: str, typed: Typed) -> None:
    """Raise `ChangedMeanwhileError` where the requisition is not as the page showed it; lock it until the end.

    Takes `seen` out of what was typed; a form without it rests on nothing and is not refused.
    """
    seen = typed.pop("seen", None)
    requisition = lock_by_codes(work.session, [code], actor=work.actor)[code]
    if seen is not None and seen != tag_of(requisition):
        message = "Somebody else has changed it meanwhile. It is shown as it is now; what you typed is kept."
        raise ChangedMeanwhileError.of(message)


def refuse_reviewed(session: Session, codes: Sequence[str], *, actor: Actor) -> None:
    """Raise `ConflictError` naming those that do not wait for a review any more; lock all until the end.

    A review of many must not undo, unseen, what somebody has just decided on one of them.
    """
    message = "{requisition} does not wait for a review any more: somebody else was quicker."
    ConflictError.raise_if(
        [
            Fault("reviewed_meanwhile", message, "", {"requisition": one.code})
            for one in lock_by_codes(session, codes, actor=actor).values()
            if one.state is not RequisitionState.SUBMITTED
        ]
    )
