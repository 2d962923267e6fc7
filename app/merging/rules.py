"""Decisions of merging: what two rows must have in common, and what in hand of the one that goes forbids it."""

from collections.abc import Collection

from app.core.errors import Fault

NAMED_MAX = 5
"""Documents that a refusal names; of the others their number is told."""


def pair_faults(
    gone: str, kept: str, *, gone_into: str | None, kept_into: str | None, kept_active: bool
) -> list[Fault]:
    """What is wrong with the two themselves."""
    if gone == kept:
        return [Fault("merge_with_itself", "Nothing can be merged with itself: choose another one.", "into")]
    faults = []
    if gone_into is not None:
        message = "“{key}” is merged into “{into}” already."
        faults.append(Fault("merged_already", message, "", {"key": gone, "into": gone_into}))
    if kept_into is not None:
        message = "“{key}” is merged into “{into}” itself: choose that one."
        faults.append(Fault("merged_already", message, "into", {"key": kept, "into": kept_into}))
    elif not kept_active:
        faults.append(Fault("not_in_use", "“{key}” is no longer in use: choose one that is.", "into", {"key": kept}))
    return faults


def facility_kind_faults(*, gone_keeps_stock: bool, kept_keeps_stock: bool) -> list[Fault]:
    """Stock and lanes hang on a place's being a warehouse."""
    if gone_keeps_stock == kept_keeps_stock:
        return []
    return [Fault("merge_other_kind", "A warehouse and a place that asks for supplies cannot become one.", "into")]


def item_kind_faults(*, same_program: bool, same_unit: bool) -> list[Fault]:
    """Quantities stay as they are: both must be counted in the same unit, for the same program."""
    if same_program and same_unit:
        return []
    message = "Items of different programs or base units cannot become one: quantities would change their meaning."
    return [Fault("merge_other_kind", message, "into")]


def partner_kind_faults(*, same_kind: bool) -> list[Fault]:
    """A supplier sells and a donor gives."""
    if same_kind:
        return []
    return [Fault("merge_other_kind", "Partners of different kinds cannot become one.", "into")]


def in_hand_fault(code: str, message: str, documents: Collection[str]) -> list[Fault]:
    """A fault that names documents in hand, if there are any; `message` has {documents} and {more}."""
    if not documents:
        return []
    named = sorted(documents)
    return [
        Fault(
            code,
            message,
            "",
            {"documents": ", ".join(named[:NAMED_MAX]), "more": max(0, len(named) - NAMED_MAX)},
        )
    ]
