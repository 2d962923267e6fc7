"""What plan runs show over the API."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from app.catalog.types import Program
from app.core.errors import Fault
from app.core.http.payloads import View
from app.core.i18n import name_of, number_text, translate
from app.planning.runs.models import PlanRun
from app.planning.runs.types import RunKind, RunState

_STAGES = {
    "": "Waiting for a free worker",
    "snapshot": "Reading needs, stock and arrivals",
    "bands": "Sharing out",
    "packs": "Rounding to whole packs",
    "gains": "Looking for what would help most",
    "check": "Proving the plan",
}


# Where each stage begins and ends on the way of a run, in thousandths: what solves have taken, roughly.
_WAY = {
    "": (0, 0),
    "snapshot": (10, 40),
    "bands": (40, 500),
    "packs": (500, 550),
    "gains": (550, 850),
    "check": (850, 980),
}


class RunFaultView(BaseModel):
    """A reason why a run failed."""

    code: str
    detail: str = Field(description="For people, in the language asked for.")
    params: dict[str, Any]


class RunProgressView(BaseModel):
    """How far a run is."""

    stage: str = Field(description="`snapshot`, `bands`, `packs`, `gains` or `check`; empty while it waits.")
    band: str = Field(description="The band that is settled now, in the language asked for.")
    component: int = Field(description="Which part of the problem, counted from 0.")
    components: int
    done_permille: int = Field(description="Needs that are settled, in thousandths.")
    way_permille: int = Field(description="A guess how much of the whole way is behind it, for a bar.")
    text: str = Field(description="The same as a sentence, in the language asked for.")


class PlanRunView(View):
    """A computation in the background."""

    code: str
    kind: RunKind
    state: RunState
    program: Program
    policy_version: int
    start: date
    follows: str | None
    asked_by: str
    asked_at: datetime
    brought_to: str | None = Field(description="The leader who wants to decide on the plan, if one has asked for it.")
    attempts: int = Field(description="How many workers have taken it up.")
    worker: str
    started_at: datetime | None
    heartbeat_at: datetime | None
    ended_at: datetime | None
    ended_by: str = Field(description="Who cancelled it.")
    progress: RunProgressView
    faults: list[RunFaultView]
    plan: str | None = Field(description="The plan that it made; `GET /plans/{code}`.")


def faults_of(run: PlanRun) -> list[Fault]:
    """Why a run failed, as faults."""
    return [Fault(one["code"], one["message"], params=one["params"]) for one in run.faults]


def progress_view(run: PlanRun, language: str) -> RunProgressView:
    """How far a run is, with a sentence for it in a language."""
    names = {band.name_zh: name_of(band, language) for band in run.policy.bands}
    band = names.get(run.band, run.band)
    text = translate(_STAGES.get(run.stage, "Working"), language)
    if run.stage == "bands" and band:
        text = translate(
            "Sharing out: “{band}”, part {part} of {parts}",
            language,
            band=band,
            part=number_text(run.component + 1, language),
            parts=number_text(max(run.components, 1), language),
        )
    return RunProgressView(
        stage=run.stage,
        band=band,
        component=run.component,
        components=run.components,
        done_permille=run.done_permille,
        way_permille=_way_permille(run),
        text=text,
    )


def _way_permille(run: PlanRun) -> int:
    if run.state is RunState.DONE:
        return 1000
    begins, ends = _WAY.get(run.stage, (0, 0))
    part = run.done_permille / 1000 if run.stage == "bands" else 0.0
    return round(begins + part * (ends - begins))


def run_view(run: PlanRun, language: str) -> PlanRunView:
    """A run, its sentences in a language."""
    return PlanRunView(
        code=run.code,
        kind=run.kind,
        state=run.state,
        program=run.program,
        policy_version=run.policy.version,
        start=run.start,
        follows=run.follows.code if run.follows is not None else None,
        asked_by=run.asked_by,
        asked_at=run.asked_at,
        brought_to=run.brought_to,
        attempts=run.attempts,
        worker=run.worker,
        started_at=run.started_at,
        heartbeat_at=run.heartbeat_at,
        ended_at=run.ended_at,
        ended_by=run.ended_by,
        progress=progress_view(run, language),
        faults=[
            RunFaultView(code=one.code, detail=translate(one.message, language, **one.params), params=dict(one.params))
            for one in faults_of(run)
        ],
        plan=run.plan.code if run.plan is not None else None,
    )
