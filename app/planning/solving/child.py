"""The solver's process, `python -m app.planning.solving.child`: one problem in, how far it is and the plan out.

A program of its own rather than a spawned copy of the one that asks: it loads the solver and nothing of the service,
which would take longer than most solves. It reads one line of JSON (`problem`, the text; `time_limit_seconds`;
`processes`) and writes lines of JSON: any number with `progress`, then one with `plan` or with `faults`.
"""

import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from typing import Any

from app.planning.solving.process import PlanFailedError, Progress, solve_document

TELL_SECONDS = 0.2
"""How far it is is told so often at most."""


def _end_with_parent() -> None:
    # Whoever asked may be killed without a chance to end this process; then nobody waits for the answer.
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Solve what comes in; this process is the first of its own group."""
    # What libraries print must not get between the lines of the answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    asked = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    told_at = 0.0

    def say(what: str, value: Any) -> None:
        answers.write(json.dumps({what: value}, ensure_ascii=False).encode() + b"\n")
        answers.flush()

    def tell(progress: Progress) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at >= TELL_SECONDS:
            told_at = now
            say("progress", asdict(progress))

    try:
        say(
            "plan",
            solve_document(asked["problem"], asked["time_limit_seconds"], tell, processes=asked["processes"]),
        )
    except PlanFailedError as error:
        say("faults", [asdict(fault) for fault in error.faults])


if __name__ == "__main__":
    main()
