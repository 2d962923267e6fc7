"""Fair allocation: facts in, a proved plan out. No database, no web.

    plan = solve(read_problem(Path("problem.json")))
    findings = check(problem, plan)     # () when the plan is proved

These names are the package's public interface; its modules are not. ``import solver`` loads no numerical package:
a plan can be checked without any, and ``solve`` loads them when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

from .engine.options import Options, Step
from .formats.files import read_plan, read_problem, write_plan
from .formats.plan_json import parse_plan, plan_to_json
from .formats.problem_json import parse_problem, problem_digest, problem_to_json
from .model.certificate import Certificate, RelaxedShipment
from .model.errors import (
    CancelledError,
    Fault,
    FileError,
    InvalidDocumentError,
    InvalidPlanError,
    InvalidProblemError,
    SolverError,
    SolverFailedError,
    SolverTimeLimitError,
)
from .model.facts import (
    Band,
    Before,
    Capacity,
    Demand,
    Facility,
    Fund,
    Item,
    Lane,
    Offer,
    Reserve,
    Shipment,
    Site,
    Substitution,
    Supply,
)
from .model.plan import BandOutcome, DemandOutcome, FairnessPrice, Gain, Help, Limit, Plan, Purchase, Reason, limit_id
from .model.problem import Problem
from .parameters import DEFAULT, Parameters
from .probe.check import check
from .verify.facts import Finding

if TYPE_CHECKING:
    from .engine.solve import solve

__all__ = [
    "DEFAULT",
    "Band",
    "BandOutcome",
    "Before",
    "CancelledError",
    "Capacity",
    "Certificate",
    "Demand",
    "DemandOutcome",
    "Facility",
    "FairnessPrice",
    "Fault",
    "FileError",
    "Finding",
    "Fund",
    "Gain",
    "Help",
    "InvalidDocumentError",
    "InvalidPlanError",
    "InvalidProblemError",
    "Item",
    "Lane",
    "Limit",
    "Offer",
    "Options",
    "Parameters",
    "Plan",
    "Problem",
    "Purchase",
    "Reason",
    "RelaxedShipment",
    "Reserve",
    "Shipment",
    "Site",
    "SolverError",
    "SolverFailedError",
    "SolverTimeLimitError",
    "Step",
    "Substitution",
    "Supply",
    "check",
    "limit_id",
    "parse_plan",
    "parse_problem",
    "plan_to_json",
    "problem_digest",
    "problem_to_json",
    "read_plan",
    "read_problem",
    "solve",
    "write_plan",
]


def __getattr__(name: str) -> Any:
    """Loads ``solve`` when it is first used (PEP 562): numpy, SciPy, PuLP and OR-Tools take most of a second."""
    if name != "solve":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .engine.solve import solve

    globals()[name] = solve
    return solve
