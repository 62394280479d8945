"""A real HTTP server on loopback that speaks the OpenAI chat protocol and answers from a script."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any


class ChatServer:
    """Answers each question with the next text of its script, over and over with the last one.

    `questions` are the bodies that came. While `gate` is closed (cleared), answers wait.
    """

    def __init__(self, answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.questions: list[dict[str, Any]] = []
        self.gate = Event()
        self.gate.set()
        self.asked = Event()
        self._lock = Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL should be."""
        return f"http://{self.host}/v1"

    @property
    def host(self) -> str:
        """The host and port, as they are printed."""
        return f"127.0.0.1:{self._http.server_port}"

    @contextmanager
    def serving(self) -> Iterator[ChatServer]:
        """Answer until the block is left."""
        thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.gate.set()
            self._http.shutdown()
            self._http.server_close()
            thread.join()

    def answer(self, question: dict[str, Any]) -> str:
        """Take a question down and give the next answer."""
        with self._lock:
            self.questions.append(question)
            self.asked.set()
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                text = server.answer(body)
                server.gate.wait()
                self.send_response(200)
                streamed = bool(body.get("stream"))
                self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
                self.end_headers()
                self.wfile.write(_stream(text) if streamed else _whole(text))

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


_USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
_HEAD = {"id": "chat-1", "created": 0, "model": "scripted"}


def _whole(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return json.dumps({**_HEAD, "object": "chat.completion", "choices": [choice], "usage": _USAGE}).encode()


def _stream(text: str) -> bytes:
    pieces = [text[at : at + 40] for at in range(0, len(text), 40)]
    chunks: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "finish_reason": None, "delta": {"content": piece}}]} for piece in pieces
    ]
    chunks.append({"choices": [{"index": 0, "finish_reason": "stop", "delta": {}}]})
    chunks.append({"choices": [], "usage": _USAGE})
    lines = [json.dumps({**_HEAD, "object": "chat.completion.chunk", **chunk}) for chunk in chunks]
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()
