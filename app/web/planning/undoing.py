"""What is taken back or asked for anew on the page of a plan; a refusal comes back on the page."""

from collections.abc import Callable

from fastapi import APIRouter, Response

from app.auth import Right, needs
from app.core.errors import InvalidInputError
from app.core.http.payloads import Code
from app.core.work import Work
from app.dispatch.lapsing import give_lapsed_back
from app.dispatch.orders import cancel_plan
from app.planning.plans.service import plan_by_code
from app.planning.runs import service as runs
from app.web.kit.form_pages import SentForm
from app.web.kit.forms import Typed
from app.web.planning.overview import plan_page

router = APIRouter(include_in_schema=False)


@router.post("/plans/{code}/compute-anew", dependencies=[needs(Right.PLAN_APPROVE)])
def compute_anew(code: Code, sent: SentForm) -> Response:
    """To the page of the run, which leads to the plan when it is there."""
    return _run(code, sent, lambda work, _: f"/plan-runs/{runs.compute_anew(work, code).code}")


@router.post("/plans/{code}/withdraw", dependencies=[needs(Right.PLAN_APPROVE)])
def withdraw(code: Code, sent: SentForm) -> Response:
    """Call off an approved plan that nothing has left of: stock, money and needs are free again."""

    def act(work: Work, typed: Typed) -> str:
        reason = str(typed.get("reason", "")).strip()
        if not reason:
            raise InvalidInputError.of("Say why the plan is withdrawn.", where="reason", code="no_reason")
        cancel_plan(work, code, reason)
        return f"/plans/{code}"

    return _run(code, sent, act, part="withdraw")


@router.post("/plans/{code}/give-back", dependencies=[needs(Right.DISPATCH)])
def give_back(code: Code, sent: SentForm) -> Response:
    """Give back the orders of a plan that have not left on their day."""

    def act(work: Work, _: Typed) -> str:
        give_lapsed_back(work, code, sent.page.words("It did not leave on its day."))
        return f"/plans/{code}"

    return _run(code, sent, act)


def _run(code: str, sent: SentForm, act: Callable[[Work, Typed], str], part: str = "") -> Response:
    return sent.run(
        act, lambda session, form: plan_page(sent.page, session, plan_by_code(session, code), form), part=part
    )
