"""Small web sites on loopback: pages by path, and every request remembered."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class Answer:
    """What a path answers. `stays_silent`: nothing, until the site is closed."""

    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    stays_silent: bool = False


class Site:
    """A server on a free port. `answers` may be filled later; unknown paths answer 404. `hits` are the paths asked for."""

    def __init__(self, answers: Mapping[str, Answer | str] | None = None) -> None:
        self.answers: dict[str, Answer | str] = dict(answers or {})
        self.hits: list[str] = []
        self.closing = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.hits.append(self.path)
                answer = site.answers.get(self.path, Answer(status=404))
                answer = Answer(answer) if isinstance(answer, str) else answer
                if answer.stays_silent:
                    site.closing.wait()
                    return
                body = answer.body.encode()
                self.send_response(answer.status)
                headers = {
                    "Content-Type": "text/html; charset=utf-8",
                    "Content-Length": str(len(body)),
                    **answer.headers,
                }
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - the name of its base

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of its base
                """Keep the test's output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
