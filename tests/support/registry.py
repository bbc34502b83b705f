"""A registry of images for tests: what `docker pull` asks of one, over what a host saved.

https://distribution.github.io/distribution/spec/api/
"""

import hashlib
import http.server
import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass
class Registry:
    """Images by name and tag; "private" wants a login that nobody has. `gate` is called before each layer."""

    address: str = ""
    manifests: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    gate: Callable[[], object] = lambda: None

    def add(self, name: str, tag: str, saved: bytes) -> None:
        """Have an image, as `docker save` gives it."""
        with tarfile.open(fileobj=io.BytesIO(saved)) as archive:

            def read(path: str) -> bytes:
                file = archive.extractfile(path)
                assert file is not None
                return file.read()

            listed = json.loads(read("manifest.json"))[0]
            config = self._blob(read(listed["Config"]), "application/vnd.docker.container.image.v1+json")
            kind = "application/vnd.docker.image.rootfs.diff.tar.gzip"
            layers = [self._blob(read(layer), kind) for layer in listed["Layers"]]
        manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": layers}
        self.manifests[f"{name}:{tag}"] = json.dumps(manifest).encode()

    def _blob(self, content: bytes, kind: str) -> dict[str, object]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self.blobs[digest] = content
        return {"mediaType": kind, "size": len(content), "digest": digest}

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, type and body."""
        parts = path.strip("/").split("/")
        if parts == ["v2"]:
            return 200, "application/json", b"{}"
        name, kind, reference = "/".join(parts[1:-2]), parts[-2], parts[-1]
        if name == "private":
            return 401, "application/json", _error("UNAUTHORIZED", "authentication required")
        if kind == "manifests":
            by_digest = {f"sha256:{hashlib.sha256(each).hexdigest()}": each for each in self.manifests.values()}
            found = self.manifests.get(f"{name}:{reference}") or by_digest.get(reference)
            if found is not None:
                return 200, _MANIFEST, found
            known = any(each.startswith(f"{name}:") for each in self.manifests)
            return 404, "application/json", _error("MANIFEST_UNKNOWN" if known else "NAME_UNKNOWN", "unknown")
        self.gate()
        return 200, "application/octet-stream", self.blobs[reference]


def _error(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": f"{code.lower().replace('_', ' ')}: {message}"}]}).encode()


@contextmanager
def serving(address: str) -> Iterator[Registry]:
    """A registry that answers at an address of this machine for a while."""
    registry = Registry()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = registry.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Docker-Content-Digest", f"sha256:{hashlib.sha256(body).hexdigest()}")
            self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the library calls it so

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer((address, 0), Handler)
    registry.address = f"{address}:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
