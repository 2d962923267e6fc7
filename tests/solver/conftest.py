"""How many examples the property tests of the solver try: few while working, more with TONGCHOU_EXAMPLES=1 or 10."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from hypothesis import settings

TIMES = float(os.environ.get("TONGCHOU_EXAMPLES", "0.4"))


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Each test says how many examples it deserves beside the others; here that is scaled."""
    for item in items:
        test = getattr(item, "obj", None)
        told: settings | None = getattr(test, "_hypothesis_internal_use_settings", None)
        if told is not None and "tests/solver" in item.nodeid:
            scaled = max(5, round(told.max_examples * TIMES))
            test._hypothesis_internal_use_settings = settings(told, max_examples=scaled)
