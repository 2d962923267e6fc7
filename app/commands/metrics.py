"""`tongchou metrics`."""

import argparse

from app.commands.stopping import stop_on_signals
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError
from app.core.settings import Settings

PORT = 9464


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = (
        "Answers Prometheus on a port of its own, without a log-in: let only your monitoring reach it. Beside the "
        "service or anywhere else that reaches the database; needs tongchou[telemetry]."
    )
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (default: only this machine)")
    command.add_argument("--port", type=int, default=PORT, help=f"(default: {PORT})")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Answer until stopped; raises `ConflictError` where the package is not installed."""
    try:
        from prometheus_client import CollectorRegistry, start_http_server
    except ImportError as error:
        raise ConflictError.of("Install tongchou[telemetry] first.", code="extra_missing") from error
    from app.operations.metrics import Figures

    settings, stop = Settings(), stop_on_signals()
    registry = CollectorRegistry()
    database = Database(settings)
    registry.register(Figures(database, Clock(settings.city_zone)))
    server, thread = start_http_server(options.port, options.host, registry)
    print(f"http://{options.host}:{server.server_port}/metrics (Ctrl-C stops)", flush=True)
    try:
        stop.wait()
    finally:
        server.shutdown()
        thread.join()
        database.close()
    return 0
