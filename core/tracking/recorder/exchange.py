"""One HTTP request as it comes, and its answer as it goes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from .values import Refusal

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from .values import Answer, Json

#: MLflow's largest legal body is a data set's profile of 16 MB.
BODY_LIMIT = 32 << 20
CHUNK = 1 << 20


class Request:
    """One HTTP request as it comes; its body is read on demand, in bounded pieces."""

    def __init__(self, line: bytes, headers: dict[str, str], stream: BinaryIO, continue_: Callable[[], None]) -> None:
        try:
            self.method, target, version = line.decode("ascii").split()
        except ValueError:
            raise Refusal(400, "MALFORMED_REQUEST", "This is no HTTP request") from None
        split = urlsplit(target)
        self.path, self.query, self.headers = split.path, split.query, headers
        self.keep = version != "HTTP/1.0" and headers.get("connection", "").lower() != "close"
        self.chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        self._stream, self._continue = stream, continue_
        length = headers.get("content-length", "0")
        if not length.isdigit():
            raise Refusal(400, "MALFORMED_REQUEST", "Content-Length is no number")
        self.left = int(length)

    def chunks(self) -> Iterator[bytes]:
        """The body in pieces; raises EOFError when the client goes away in the middle."""
        if self.headers.pop("expect", "").lower() == "100-continue":
            self._continue()
        while self.chunked or self.left:
            if not self.left:
                self.left = self._chunk_size()
                if not self.left:
                    self.chunked = False
                    return
            piece = self._stream.read(min(self.left, CHUNK))
            if not piece:
                raise EOFError
            self.left -= len(piece)
            if not self.left and self.chunked:
                self._stream.readline(8)
            yield piece

    def body(self) -> bytes:
        """The body whole; raises Refusal when it is larger than anything MLflow sends."""
        kept = bytearray()
        for piece in self.chunks():
            if len(kept) + len(piece) > BODY_LIMIT:
                self.drain()
                raise Refusal(413, "RESOURCE_LIMIT_EXCEEDED", f"A request is limited to {BODY_LIMIT >> 20} MiB")
            kept += piece
        return bytes(kept)

    def drain(self) -> None:
        """Pass over what is left of the body, so that the client reads the answer."""
        for _ in self.chunks():
            pass

    def fields(self) -> Json:
        """What is asked: the query and, over it, the JSON body."""
        asked: Json = {
            key: v[0] if len(v) == 1 else v for key, v in parse_qs(self.query, keep_blank_values=True).items()
        }
        body = self.body()
        if body.strip():
            asked.update(json.loads(body))
        return asked

    def _chunk_size(self) -> int:
        line = self._stream.readline(64)
        if not line:
            raise EOFError
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError:
            self.chunked = self.keep = False  # nobody knows where the next request begins
            raise Refusal(400, "MALFORMED_REQUEST", "A chunk's size is no number") from None
        if not size:
            while self._stream.readline(1 << 16).strip():
                pass
        return size


def read_headers(stream: BinaryIO) -> dict[str, str]:
    """Header fields by lower-case name; raises Refusal when there are too many."""
    headers: dict[str, str] = {}
    for _ in range(200):
        line = stream.readline(1 << 16)
        if not line:
            raise EOFError
        if not line.strip():
            return headers
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    raise Refusal(400, "MALFORMED_REQUEST", "Too many header fields")


def send(connection: socket.socket, answer: Answer, status: int, keep: bool) -> None:
    """One write an answer (two cost 40 ms each with delayed acknowledgements); files are streamed."""
    if isinstance(answer, Path):
        with answer.open("rb") as file:
            connection.sendall(head(status, os.fstat(file.fileno()).st_size, "application/octet-stream", keep))
            connection.sendfile(file)
        return
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    kind = "text/plain" if isinstance(answer, bytes) else "application/json"
    connection.sendall(head(status, len(body), kind, keep) + body)


def head(status: int, length: int, kind: str, keep: bool) -> bytes:
    """Status line and header fields."""
    reason = "OK" if status == 200 else "Refused"
    close = "" if keep else "Connection: close\r\n"
    return f"HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{close}\r\n".encode()
