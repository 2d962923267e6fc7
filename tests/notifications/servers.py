"""Receivers on this machine: an HTTP server that keeps what is posted to it, and a mail server."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hook:
    """What was posted, and what is answered: the answers in turn, the last one for ever."""

    url: str = ""
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=lambda: [(200, {}, b'{"errcode":0}')])
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    may_answer: threading.Event = field(default_factory=threading.Event)

    def answer(self, status: int, body: Any = None, **headers: str) -> None:
        self.answers = [(status, {k.replace("_", "-"): v for k, v in headers.items()}, json.dumps(body).encode())]


@contextmanager
def hook() -> Iterator[Hook]:
    """An HTTP server; it answers at once unless `may_answer` is cleared."""
    state = Hook()
    state.may_answer.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            state.received.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            state.arrived.release()
            state.may_answer.wait(30)
            status, headers, content = state.answers.pop(0) if len(state.answers) > 1 else state.answers[0]
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass  # the sender was killed meanwhile

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield state
    state.may_answer.set()
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Mailbox:
    """Mails taken in, and addresses that are refused."""

    port: int = 0
    mails: list[tuple[str, bytes]] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """As much of SMTP (RFC 5321) as a client without TLS needs."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            receiver = ""
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"RCPT":
                    receiver = line.decode().partition("<")[2].partition(">")[0]
                    code = box.refused.get(receiver, 250)
                    self.wfile.write(f"{code} that\r\n".encode())
                elif verb == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (part := self.rfile.readline()) != b".\r\n":
                        lines.append(part)
                    box.mails.append((receiver, b"".join(lines)))
                    self.wfile.write(b"250 taken\r\n")
                elif verb == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write(b"250 yes\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield box
    server.shutdown()
    server.server_close()
    thread.join()
