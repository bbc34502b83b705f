"""A two-way stream to a container's program: its terminal, or its standard files.

Opened here and not by the library, for a program must hear that its input has ended: an encrypted connection has a
half to close only when one holds its records (`ssl.MemoryBIO`), and nothing may be lost that comes meanwhile.
"""

import json
import select
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_PIECE = 1 << 16
_HEAD_END = b"\r\n\r\n"
_UNIX = "unix://"
_TLS_PORT = 2376


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files: the authority that signed the engine's, and our own with its key."""

    ca: str
    cert: str
    key: str


class Seal:
    """Encrypts what goes and decrypts what comes; the bytes in between are carried by whoever holds it."""

    def __init__(self, certificates: Certificates, name: str) -> None:
        context = ssl.create_default_context(cafile=certificates.ca)
        context.load_cert_chain(certificates.cert, certificates.key)
        self._come, self._go = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._come, self._go, server_hostname=name)
        self.is_over = False

    def shake_hands(self, plain: socket.socket) -> None:
        """Agree with the other side. Raises OSError."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                plain.sendall(self._go.read())
                self._feed(plain.recv(_PIECE))
            else:
                plain.sendall(self._go.read())
                return

    def sealed(self, data: bytes) -> bytes:
        """What goes on its way."""
        self._tls.write(data)
        return self._go.read()

    def end(self) -> bytes:
        """The word that no more goes; what comes is read on. All that has come was opened before, so none is lost."""
        with suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        return self._go.read()

    def opened(self, data: bytes) -> bytes:
        """What came, as far as it is whole; `is_over` says whether more can come."""
        self._feed(data)
        found = bytearray()
        try:
            while piece := self._tls.read(_PIECE):
                found += piece
        except ssl.SSLWantReadError:
            return bytes(found)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            pass
        self.is_over = True
        return bytes(found)

    def _feed(self, data: bytes) -> None:
        if data:
            self._come.write(data)
        else:
            self._come.write_eof()


class Attachment:
    """What is sent is its input; what comes is its output, in frames of `Frames(timestamps=False)` unless a terminal.

    Nothing here waits: `is_sending` says whether to select for writing and `push` then, `is_waiting` whether to
    `receive` without selecting. Raises OSError.
    """

    def __init__(self, plain: socket.socket, seal: Seal | None = None) -> None:
        self._plain, self._seal = plain, seal
        self._came, self._unsent = b"", b""
        self._ends = False

    def fileno(self) -> int:
        """For select."""
        return self._plain.fileno()

    @property
    def is_sending(self) -> bool:
        """Whether something is not on its way yet."""
        return bool(self._unsent)

    @property
    def is_waiting(self) -> bool:
        """Whether something came that select does not show."""
        return bool(self._came) or (self._seal is not None and self._seal.is_over)

    def send(self, data: bytes) -> None:
        """Input for the program."""
        self._unsent += data if self._seal is None else self._seal.sealed(data)
        self.push()

    def end_input(self) -> None:
        """No more is sent; its output comes on."""
        if self._seal is None:
            self._ends = True
        else:
            self._unsent += self._seal.end()
        self.push()

    def push(self) -> None:
        """Send what the other side takes now."""
        while self._unsent:
            try:
                sent = self._plain.send(self._unsent, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            self._unsent = self._unsent[sent:]
        if self._ends:
            self._ends = False
            self._plain.shutdown(socket.SHUT_WR)

    def receive(self) -> bytes | None:
        """What came, b"" at the end, None when there is nothing now."""
        if self._came:
            came, self._came = self._came, b""
            return came
        if self._seal is not None and self._seal.is_over:
            return b""
        try:
            data = self._plain.recv(_PIECE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        if self._seal is None:
            return data
        opened = self._seal.opened(data)
        return opened if opened or self._seal.is_over else None

    def close(self) -> None:
        """Let go of it."""
        self._plain.close()

    def upgrade(self, path: str, body: Mapping[str, Any], patience: float) -> tuple[int, bytes]:
        """Ask for the program's files: the status and, unless that is 101 or 200, what was answered."""
        told = json.dumps(body).encode()
        heads = ("Host: docker", "Connection: Upgrade", "Upgrade: tcp", "Content-Type: application/json")
        lines = (f"POST {path} HTTP/1.1", *heads, f"Content-Length: {len(told)}", "", "")
        self.send("\r\n".join(lines).encode() + told)
        head, _, self._came = self._read_to(_HEAD_END, patience).partition(_HEAD_END)
        first, *fields = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ")[1])
        if status in (101, 200):
            return status, b""
        named = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        length = int(named.get("content-length", 0))
        while len(self._came) < length:
            self._came += self._wait_for_more(patience)
        return status, self._came

    def _read_to(self, end: bytes, patience: float) -> bytes:
        got = b""
        while end not in got:
            got += self._wait_for_more(patience)
        return got

    def _wait_for_more(self, patience: float) -> bytes:
        while True:
            if not select.select([self], [self] if self.is_sending else [], [], patience)[0]:
                if not self.is_sending:
                    raise TimeoutError("timed out")
                self.push()
                continue
            data = self.receive()
            if data == b"":
                raise ConnectionError("it hung up")
            if data:
                return data


def attach(url: str, certificates: Certificates | None, patience: float) -> Attachment:
    """A connection to the engine at `unix://PATH` or `tcp://HOST:PORT`, with nothing asked yet. Raises OSError."""
    if certificates is None:
        plain = socket.socket(socket.AF_UNIX)
        plain.connect(url.removeprefix(_UNIX))
        return Attachment(plain)
    place = urlsplit(url)
    name = place.hostname or ""
    plain = socket.create_connection((name, place.port or _TLS_PORT), patience)
    try:
        seal = Seal(certificates, name)
        seal.shake_hands(plain)
    except BaseException:
        plain.close()
        raise
    plain.settimeout(None)
    return Attachment(plain, seal)
