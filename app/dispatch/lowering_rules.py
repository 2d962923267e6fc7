"""Why a facility cannot lower a need to what it says."""

from app.core.errors import Fault, Param


def lowering_faults(
    units: int, *, item: str, approved_units: int, delivered_units: int, on_the_road_units: int
) -> list[Fault]:
    """Why a need cannot be lowered to this: it is no less, or less than what has come or is on the road."""
    if units >= approved_units:
        message = "{open} of {item} are approved: say less here; more is asked for with a new requisition."
        return [Fault("not_lower", message, "units", {"item": item, "open": approved_units})]
    if units < delivered_units + on_the_road_units:
        message = "{accepted} of {item} have come and {waiting} are on the road: it cannot be less than that."
        params: dict[str, Param] = {"item": item, "accepted": delivered_units, "waiting": on_the_road_units}
        return [Fault("below_underway", message, "units", params)]
    return []
