"""How a command that runs until it is stopped learns that it is."""

import signal
import threading


def stop_on_signals() -> threading.Event:
    """A flag that SIGTERM and Ctrl-C set from now on; call it in the main thread."""
    stop = threading.Event()

    def told(_number: int, _frame: object) -> None:
        # In a thread of its own: the main one may hold the event's lock when the signal comes.
        threading.Thread(target=stop.set).start()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    return stop
