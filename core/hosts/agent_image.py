"""The Python of this machine with the agent in it, as an image for hosts that share no files with us.

So a host needs nothing but its engine, and what runs there is the very store that runs here.
"""

import gzip
import io
import json
import os
import platform
import py_compile
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from blake3 import __version__ as blake3_version
from blake3 import blake3

import core
from core.hosts.engine import Engine
from core.hosts.errors import HostError

_NAME = "mlpw-agent"
_HOME = "mlpw"
_PYTHON = f"{_HOME}/bin/python3"
_SITE = f"{_HOME}/site"
_OURS = Path(core.__file__).parent
#: Where the host's volume is in a container.
VOLUME = "/cas"
#: Where a folder of the host is in a container, for sockets that both sides see.
SOCKETS = "/sockets"
#: What every container of ours says that keeps data for steps but runs none.
HELPER_LABEL = "mlpw.helper"

#: Imports all that the agent may come to need, and tells which files that took.
_PROBE = """
import sys
sys.path[:0] = sys.argv[1:]
import concurrent.futures.thread, ctypes, encodings.ascii, encodings.idna, encodings.latin_1, errno, fnmatch, traceback
import core.hosts.agent.serving
import json, os
modules = sorted({m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None)})
with open("/proc/self/maps") as file:
    mapped = sorted({line.split(None, 5)[5].strip() for line in file if ".so" in line})
print(json.dumps({"modules": modules, "mapped": mapped, "stdlib": os.path.dirname(os.__file__)}))
"""


def ensure(engine: Engine) -> str:
    """The image's reference on a host, sent there (about 10 MB) when it is not there yet.

    Raises HostError for a host of another architecture.
    """
    reference = f"{_NAME}:{_key()}"
    if engine.image(reference) is None:
        _check_architecture(engine)
        engine.import_image(_archive(), _NAME, _key(), [f"LABEL {HELPER_LABEL}=agent"])
    return reference


def other_agents(engine: Engine, older_than_s: float) -> list[Mapping[str, Any]]:
    """Images of the agent of another mlpw or another Python, sent so long ago, that no container is made from now."""
    own = f"{_NAME}:{_key()}"
    found = [each for each in engine.images(f"{HELPER_LABEL}=agent") if own not in (each.get("RepoTags") or ())]
    old = [each for each in found if float(each.get("Created") or 0) < time.time() - older_than_s]
    busy = {each["ImageID"] for each in engine.containers()} if old else set()
    return [each for each in old if each["Id"] not in busy]


def command() -> list[str]:
    """What a container of the image runs to answer the requests of one session."""
    paths = f"import sys; sys.path[:0] = ['/{_SITE}']; from core.hosts.agent.serving import main; main()"
    return [f"/{_PYTHON}", "-I", "-S", "-B", "-c", paths, VOLUME, SOCKETS]


def environment() -> list[str]:
    """Variables that its containers need."""
    return [f"LD_LIBRARY_PATH={':'.join(_library_folders())}"]


def _check_architecture(engine: Engine) -> None:
    theirs, ours = str(engine.version().get("Arch", "")), platform.machine()
    if theirs != {"x86_64": "amd64", "aarch64": "arm64"}.get(ours, ours):
        raise HostError(
            f"{engine.name} has {theirs} processors and this machine {ours}: data cannot be kept there",
            hint="run mlpw on a machine of the same kind",
        )


@cache
def _key() -> str:
    """Another for another Python, another blake3, or other code of ours."""
    hasher = blake3(f"{sys.version} {platform.machine()} {blake3_version}".encode())
    for path in sorted(
        [*(_OURS / "store").glob("*.py"), *_OURS.glob("*.py"), *(_OURS / "hosts" / "agent").glob("*.py")]
    ):
        hasher.update(path.read_bytes())
    hasher.update(Path(__file__).read_bytes())
    return hasher.hexdigest()[:16]


@cache
def _needed() -> Mapping[str, list[str]]:
    import blake3 as package  # its folder's name is the function's name, too

    places = [str(_OURS.parent), str(Path(package.__file__).parent.parent)]
    asked = [sys.executable, "-I", "-c", _PROBE, *places]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HostError("the agent for Docker hosts cannot be put together", hint=done.stderr.strip()[-300:])
    found = json.loads(done.stdout)
    return {**found, "stdlib": [found["stdlib"]], "places": places}


@cache
def _library_folders() -> tuple[str, ...]:
    return tuple(sorted({os.path.dirname(path) for path in _libraries()}))


def _libraries() -> list[str]:
    """Shared libraries that are no modules."""
    modules = {os.path.realpath(path) for path in _needed()["modules"]}
    return [path for path in _needed()["mapped"] if path not in modules]


def _archive() -> bytes:
    """The image's files, gzipped."""
    out = io.BytesIO()
    packed = gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, mtime=0)
    with packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for name in (VOLUME.strip("/"), "tmp"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(folder)
        for name, data in sorted(dict(_contents()).items()):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o755
            tar.addfile(member, io.BytesIO(data))
        for name, target in sorted(_links().items()):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return out.getvalue()


def _contents() -> Iterator[tuple[str, bytes]]:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    yield _PYTHON, Path(sys.executable).resolve().read_bytes()
    for path in _libraries():
        yield path.lstrip("/"), Path(path).read_bytes()
    roots = [(_needed()["stdlib"][0], f"{_HOME}/lib/{version}"), *((place, _SITE) for place in _needed()["places"])]
    roots.append((os.path.join(_needed()["stdlib"][0], "lib-dynload"), f"{_HOME}/lib/{version}/lib-dynload"))
    for path in _needed()["modules"]:
        root, inside = max((pair for pair in roots if path.startswith(f"{pair[0]}/")), key=lambda pair: len(pair[0]))
        name = f"{inside}/{os.path.relpath(path, root)}"
        if path.endswith(".py"):
            yield f"{name}c", _compiled(path, name)
        else:
            yield name, Path(path).read_bytes()


def _compiled(path: str, name: str) -> bytes:
    """The module's code, so that a container need not compile it at each start."""
    with tempfile.TemporaryDirectory() as folder:
        made = py_compile.compile(
            path,
            f"{folder}/made",
            f"/{name}",
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        return Path(str(made)).read_bytes()


def _links() -> dict[str, str]:
    """Other names of the libraries beside them, and the program that loads them by the name that Python knows."""
    wanted = set(_libraries())
    places = [*_library_folders(), "/lib64", "/lib"]
    found: dict[str, str] = {}
    for folder in dict.fromkeys(places):
        if folder in ("/lib64", "/lib"):
            names = [path.name for path in Path(folder).glob("ld-*")]
        else:
            names = os.listdir(folder)
        for name in names:
            path = f"{folder}/{name}"
            real = os.path.realpath(path)
            if real != path and real in wanted:
                found[path.lstrip("/")] = real
    return {path: real for path, real in found.items() if f"/{path}" not in wanted}
