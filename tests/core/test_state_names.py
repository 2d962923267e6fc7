"""Refusals name states and steps in the reader's words."""

from collections.abc import Iterable
from enum import StrEnum

import pytest

from app.core.errors import ServiceError
from app.core.i18n import SPOKEN, catalogue, translate
from app.dispatch import rules as dispatch
from app.dispatch.types import DeliveryCaseState, TransferOrderState
from app.planning.plans import rules as planning
from app.planning.plans.types import PlanState
from app.procurement import rules as procurement
from app.procurement.types import OfferState, PledgeState, PurchaseOrderState
from app.requisitions import rules as requisitions
from app.requisitions.types import RequisitionState
from app.stock.types import InventoryState

STATES: tuple[type[StrEnum], ...] = (
    RequisitionState, PlanState, OfferState, PledgeState, PurchaseOrderState, TransferOrderState, DeliveryCaseState,
    InventoryState,
)  # fmt: skip
STEPS: tuple[type[StrEnum], ...] = (requisitions.Step, planning.Step, procurement.Step, dispatch.Step)


def without_text(prefix: str, kinds: Iterable[type[StrEnum]], language: str) -> set[str]:
    texts = catalogue(language)
    return {one.value for kind in kinds for one in kind if f"{prefix}{one.value}" not in texts}


def test_every_state_and_step_has_its_chinese() -> None:
    assert without_text("state.", STATES, "zh-CN") == set()
    assert without_text("step.", STEPS, "zh-CN") == set()


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh-CN", "PO-1 处于“草稿”状态；只有在以下状态才能收货：已下单、部分到货。"),
        ("en", "PO-1 is draft; “receive” is possible only while it is: ordered, partly received."),
    ],
)
def test_a_refusal_speaks_the_language(language: str, told: str) -> None:
    step = procurement.Step.RECEIVE
    with pytest.raises(ServiceError) as refusal:
        procurement.check_step("PO-1", PurchaseOrderState.DRAFT, step, procurement.ORDER_STEPS[step])
    [fault] = refusal.value.faults
    assert translate(fault.message, language, **fault.params).casefold() == told.casefold()
    assert fault.params["state"] == "DRAFT", "programs get the name that they know"


def test_what_is_no_name_stays_as_it_is() -> None:
    assert translate("{document} is given for {allowed} only.", "en", document="PL-1", allowed="a, b") == (
        "PL-1 is given for a, b only."
    )
    assert set(SPOKEN) >= {"what", "state", "step"}
