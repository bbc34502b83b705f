"""What this machine has of indexes, certificates and proxies reaches a build, and stays in nothing that it leaves."""

import base64
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.environments.images.prepare import prepare_image
from core.hosts.engine import Engine
from core.layout import Layout
from tests.core.environments.images.test_contexts import context
from tests.core.environments.images.test_packages import ALPHA, says
from tests.support.docker_hosts import DockerHosts
from tests.support.python_image import PYTHON_IMAGE

_PASSWORD = "hush-0815"
_USER = "somebody-4711"
_AUTHORITY = "an authority of this machine, 2342"
_PROXY = "proxy-word-99"


class _Index(http.server.BaseHTTPRequestHandler):
    """The pages of a package index, for who knows the password."""

    shelf: Path

    def do_GET(self) -> None:
        wanted = "Basic " + base64.b64encode(f"{_USER}:{_PASSWORD}".encode()).decode()
        parts = self.path.strip("/").split("/")
        if self.headers.get("Authorization") != wanted:
            self._answer(401, b"", "text/plain")
        elif parts[0] == "simple" and len(parts) == 2:
            files = sorted(file.name for file in self.shelf.glob(f"{parts[1]}-*.whl"))
            page = "".join(f'<a href="/files/{name}">{name}</a>' for name in files)
            self._answer(
                200 if files else 404, f"<!DOCTYPE html><html><body>{page}</body></html>".encode(), "text/html"
            )
        elif parts[0] == "files":
            self._answer(200, (self.shelf / parts[1]).read_bytes(), "application/octet-stream")
        else:
            self._answer(404, b"", "text/plain")

    do_HEAD = do_GET  # noqa: N815 - the library calls it so

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def private_index(
    docker_hosts: DockerHosts, shelf: Path, workspace: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The machine's pip is configured with an index that wants a password, with authorities and a proxy."""
    handler = type("Handler", (_Index,), {"shelf": shelf})
    server = http.server.ThreadingHTTPServer((docker_hosts.network.address(1), 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = f"{docker_hosts.network.address(1)}:{server.server_port}"
    authorities = tmp_path / "authorities.pem"
    authorities.write_text(_AUTHORITY)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{_USER}:{_PASSWORD}@{place}/simple")
    monkeypatch.setenv("PIP_TRUSTED_HOST", docker_hosts.network.address(1))
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities))
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{_PROXY}@127.0.0.1:9")
    yield
    server.shutdown()
    server.server_close()


def left_by(engine: Engine, layout: Layout) -> bytes:
    """Everything that a build left: images with their files and histories, and the workspace's own files."""
    every = [image["Id"] for image in engine.images(every=True)]
    found = [json.dumps(engine.image(image)).encode() for image in every]
    with engine.save(*every) as archive:
        found += archive
    found += [file.read_bytes() for file in layout.private.rglob("*") if file.is_file()]
    return b"".join(found)


def assert_secret(engine: Engine, layout: Layout) -> None:
    everything = left_by(engine, layout)
    assert b"mlpw.environment" in everything
    assert b'version = "' in everything, "the files of layers are looked at, too"
    for secret in (_PASSWORD, _USER, _AUTHORITY, _PROXY):
        assert secret.encode() not in everything


@pytest.mark.usefixtures("private_index")
def test_packages_come_from_the_machine_s_index(engine: Engine, workspace: Layout) -> None:
    made = prepare_image(engine, ALPHA, workspace)
    assert says(engine, made, "alpha") == "1.0"
    assert_secret(engine, workspace)


@pytest.mark.usefixtures("private_index")
def test_what_a_dockerfile_runs_has_the_machine_s_settings(engine: Engine, workspace: Layout) -> None:
    spec = context(
        workspace,
        f"""FROM {PYTHON_IMAGE}
ENV A=1
RUN pip install alpha==2.0
RUN cat "$SSL_CERT_FILE" | python -c 'import sys; print(len(sys.stdin.read()))' > /length
RUN echo "$PIP_INDEX_URL $HTTPS_PROXY"
USER 1000
RUN test -r "$SSL_CERT_FILE"
""",
    )
    heard: list[str] = []
    made = prepare_image(engine, spec, workspace, heard.append)
    assert says(engine, made, "alpha") == "2.0"
    assert says(engine, made, "cat", "/length") == str(len(_AUTHORITY))
    assert says(engine, made, "env").count("PIP_") == 0
    assert _PASSWORD not in "".join(heard)
    assert_secret(engine, workspace)
