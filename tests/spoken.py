"""A server on this machine that speaks the protocol of OpenAI, as far as needed, from a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def speaking(lines: list[str], *models: str) -> Iterator[str]:
    """The address of one that has these models and says these lines, each once.

    A line that was said is taken out of `lines`, which may be those of another server too. Where
    none is left, or no model of this name is here, it says nothing, and whoever asked fails.
    """
    with _Server(lines, models) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    def __init__(self, lines: list[str], models: tuple[str, ...]) -> None:
        super().__init__(("127.0.0.1", 0), _Spoken)
        self.lines, self.models = lines, models


class _Spoken(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        listed = {"data": [{"id": model} for model in self.server.models]}
        self._say("application/json", json.dumps(listed))

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert asked["response_format"]["type"] == "json_schema"
        assert asked["model"] in (*self.server.models, "default")
        delta = {"choices": [{"delta": {"content": self.server.lines.pop(0)}}]}
        self._say("text/event-stream", f"data: {json.dumps(delta)}\n\ndata: [DONE]\n\n")

    def _say(self, kind: str, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_words: object) -> None:
        """Nothing."""
