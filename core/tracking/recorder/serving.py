"""The server: connections, a thread each, and one answer for each request."""

from __future__ import annotations

import contextlib
import hmac
import socket
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

from . import artifacts
from .book import Book
from .exchange import CHUNK, Request, read_headers, send
from .routes import API, ARTIFACTS, PLAIN, nothing, route
from .values import Refusal, invalid, missing

if TYPE_CHECKING:
    from typing import Any

    from .routes import Call
    from .values import Answer, Json

CONNECTIONS = 512
IDLE_SECONDS = 120
_SERVING: list[Server] = []


def serve(listening_socket: socket.socket, settings: Json) -> None:
    """Answer MLflow's clients on a bound, listening socket until the process ends or `stop` is called.

    `settings`: `events` (the journal's path), `artifacts` (folder of the step's own run), `run_id` (32 hex),
    `run_name`, `experiment_id`, `experiment_name`; optional `token` (bearer), `params` and `tags` the run starts
    with, `root_run_id`, `start_time` (ms), `others` (folder for other runs and MLflow 3 models; `mlflow` beside
    `artifacts` unless given), `models`: [{name, version, path, aliases, stage}] already registered.
    """
    Server(settings).serve(listening_socket)


def stop() -> None:
    """End every `serve` of this process: no connection is taken any more."""
    for server in _SERVING:
        server.stop()


class Server:
    """Takes connections, a thread each, and answers every request with one write."""

    def __init__(self, settings: Json) -> None:
        self._bearer = f"Bearer {settings['token']}".encode() if settings.get("token") else b""
        self._book = Book(settings)
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(CONNECTIONS)
        self._large = threading.BoundedSemaphore(4)
        self._address: Any = None
        self._stopping = False

    def serve(self, listening: socket.socket) -> None:
        """Accept until `stop`."""
        self._address = listening.getsockname()
        listening.setblocking(True)
        _SERVING.append(self)
        try:
            while not self._stopping:
                self._places.acquire()
                self._accept(listening)
        finally:
            _SERVING.remove(self)

    def stop(self) -> None:
        """Make `serve` return."""
        self._stopping = True
        if self._address:
            socket.create_connection(self._address, timeout=5).close()  # wakes accept on every system

    def _accept(self, listening: socket.socket) -> None:
        try:
            connection = listening.accept()[0]
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()
        except (OSError, RuntimeError):  # out of descriptors or threads, or the client is gone already
            self._places.release()
            time.sleep(0.02)

    def _converse(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb", 1 << 16) as stream:
                connection.settimeout(IDLE_SECONDS)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while not self._stopping and self._exchange(connection, stream):
                    pass
        except (OSError, EOFError):
            pass  # the client is gone or silent; what it did not finish asking did not happen
        finally:
            self._places.release()

    def _exchange(self, connection: socket.socket, stream: Any) -> bool:
        line = stream.readline(1 << 16)
        if not line.strip():
            return bool(line)
        request, method, path = None, "", ""
        try:
            headers = read_headers(stream)
            request = Request(line, headers, stream, lambda: connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n"))
            method, path = request.method, request.path
            self._admit(headers)
            answer = self._answer(request)
            status = 200
        except Refusal as refusal:
            answer, status = self._refuse(method, path, refusal), refusal.status
        except (EOFError, ConnectionError, socket.timeout):
            raise
        except Exception as error:  # whatever a request does, the step goes on and the next request is served
            answer, status = self._refuse(method, path, invalid(f"{type(error).__name__}: {error}")), 400
        if request:
            with contextlib.suppress(Refusal):
                request.drain()
        keep = request is not None and request.keep
        send(connection, answer, status, keep)
        return keep

    def _admit(self, headers: dict[str, str]) -> None:
        given = headers.get("authorization", "").encode("utf-8", "replace")
        if self._bearer and not hmac.compare_digest(given, self._bearer):
            raise Refusal(401, "PERMISSION_DENIED", "The tracking token is missing or wrong")
        if "origin" in headers:
            raise Refusal(403, "PERMISSION_DENIED", "A web page has no business here")

    def _refuse(self, method: str, path: str, refusal: Refusal) -> Answer:
        if refusal.code in ("ENDPOINT_NOT_FOUND", "INVALID_PARAMETER_VALUE", "RESOURCE_LIMIT_EXCEEDED"):
            with self._lock:
                self._book.refuse(method, path, refusal)
        return {"error_code": refusal.code, "message": str(refusal)}

    def _answer(self, request: Request) -> Answer:
        if request.path in PLAIN:
            return PLAIN[request.path]
        if request.path == ARTIFACTS or request.path.startswith(ARTIFACTS + "/"):
            return self._artifact(request, unquote(request.path[len(ARTIFACTS) + 1 :]))
        api = API.match(request.path)
        handler, slots = route(request.method, request.path[api.end() :] if api else request.path)
        if handler is nothing:
            return {}
        if request.left <= CHUNK and not request.chunked:
            return self._call(handler, request, slots)
        with self._large:  # a few large bodies at a time bound the memory
            return self._call(handler, request, slots)

    def _call(self, handler: Call, request: Request, slots: Json) -> Json:
        asked = {**request.fields(), **slots}
        with self._lock:
            return handler(self._book, asked)

    def _artifact(self, request: Request, path: str) -> Answer:
        if request.method == "PUT":
            return artifacts.upload(self._book, path, request.chunks())
        if request.method != "GET":
            raise Refusal(404, "ENDPOINT_NOT_FOUND", f"mlpw's recorder does not {request.method} artifacts")
        if not path:
            asked = request.fields().get("path") or ""
            return artifacts.list_place(self._book, asked) if asked else {"files": []}
        place = artifacts.place(self._book, path)
        return place if place.is_file() else missing(f"Artifact '{path}'")
