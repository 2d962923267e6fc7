"""JSON Schemas of the solver's documents, for the OpenAPI entries of the routes that show them."""

import json
from importlib import resources
from typing import Any


def _answer(file: str) -> dict[int | str, dict[str, Any]]:
    schema = json.loads(resources.files("solver").joinpath("formats", file).read_text("utf-8"))
    return {200: {"content": {"application/json": {"schema": schema}}}}


PROBLEM_DOCUMENT = _answer("problem-1.schema.json")
PLAN_DOCUMENT = _answer("plan-1.schema.json")
