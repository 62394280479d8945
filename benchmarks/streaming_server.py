"""An OpenAI-compatible server on loopback that writes one answer, token by token, at a steady pace."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

_HEAD: Mapping[str, Any] = {
    "id": "chat-1",
    "created": 0,
    "model": "pace",
    "object": "chat.completion.chunk",
}


class PacedServer:
    """Gives every request the same answer; piece n leaves n / `pieces_per_second` seconds after it came.

    `sent` counts the pieces of the answer under way. `before_last` is called before the last piece.
    """

    def __init__(
        self,
        pieces: Sequence[str],
        pieces_per_second: float,
        *,
        before_last: Callable[[], object] = lambda: None,
    ) -> None:
        self.sent = 0
        self._pieces = pieces
        self._pace = pieces_per_second
        self._before_last = before_last

    @contextmanager
    def serving(self) -> Generator[str]:
        """Answer until the block is left; yields the base URL for a client."""
        with ThreadingHTTPServer(("127.0.0.1", 0), self._handler()) as http:
            http.daemon_threads = True
            thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{http.server_port}/v1"
            finally:
                http.shutdown()
                thread.join()

    def _events(self) -> Iterator[bytes]:
        """The server-sent events of one answer, each when it is due."""
        begun = time.perf_counter()
        for number, piece in enumerate(self._pieces, 1):
            if number == len(self._pieces):
                self._before_last()
            time.sleep(max(0.0, begun + number / self._pace - time.perf_counter()))
            yield _event({"choices": [{"index": 0, "finish_reason": None, "delta": {"content": piece}}]})
            self.sent = number
        yield _event({"choices": [{"index": 0, "finish_reason": "stop", "delta": {}}]})
        count = len(self._pieces)
        usage = {"prompt_tokens": 0, "completion_tokens": count, "total_tokens": count}
        yield _event({"choices": [], "usage": usage}) + b"data: [DONE]\n\n"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for event in server._events():
                    self.wfile.write(event)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


def _event(chunk: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps({**_HEAD, **chunk})}\n\n".encode()
