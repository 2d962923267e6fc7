"""Where a process of the service logs to: events to standard error, a line for each request to standard output."""

import logging
import sys


def configure_logging(*, requests: bool) -> None:
    """Events from INFO on; requests only where they are wanted."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for noisy in ("alembic", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    access = logging.getLogger("tongchou.access")
    access.propagate = False
    access.setLevel(logging.INFO if requests else logging.WARNING)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    access.handlers = [handler]
