"""Faults keep what they say when they are moved to another place."""

from app.core.errors import Fault

WRONG = Fault("repeated", "“{key}” is named twice.", "item", {"key": "mask"})


def test_a_fault_is_moved_to_another_place_and_says_the_same() -> None:
    assert WRONG.at("lines.2.item") == Fault("repeated", "“{key}” is named twice.", "lines.2.item", {"key": "mask"})


def test_a_fault_is_put_below_a_field_and_one_without_a_place_at_the_field_itself() -> None:
    assert WRONG.below("lines.2").where == "lines.2.item"
    assert WRONG.at("").below("lines.2").where == "lines.2"
