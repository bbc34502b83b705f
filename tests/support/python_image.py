"""An image with a shell, the Python that runs the tests and pip, made without a registry in a second or two."""

import contextlib
import io
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import docker
from uv import find_uv_bin

from tests.support.docker_hosts import DockerHost

#: The image's Python.
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
#: What it is called on a host, which is what an environment that asks for this Python and no image is built on.
PYTHON_IMAGE = f"python:{VERSION}-slim"
_LEFT_OUT = {"__pycache__", "test", "tests", "idlelib", "lib2to3", "tkinter", "turtledemo", "pydoc_data",
             "site-packages"}  # fmt: skip


def write_python_image(file: Path) -> Path:
    """Write the image's files as a tar, for `import_image`."""
    prefix, name = Path(sys.base_prefix), f"python{VERSION}"
    library = prefix / "lib" / name
    program = (prefix / "bin" / name).resolve()
    busybox = "/usr/bin/busybox" if os.access("/usr/bin/busybox", os.X_OK) else "/bin/busybox"
    with tarfile.open(file, "w") as archive:
        for folder, mode in (("tmp", 0o1777), ("root", 0o755), ("usr/local/lib", 0o755)):
            _folder(archive, folder, mode)
        archive.add(busybox, "bin/busybox")
        for applet in ("sh", "cat", "ls", "env", "id", "sleep", "mkdir", "touch", "rm", "cp", "chmod", "echo", "find"):
            _link(archive, f"bin/{applet}", "busybox")
        archive.add(program, f"usr/local/bin/{name}")
        for link in ("python3", "python"):
            _link(archive, f"usr/local/bin/{link}", name)
        _pip(archive, library, f"usr/local/lib/{name}/site-packages")
        archive.add(library, f"usr/local/lib/{name}", filter=_kept)
        for path in _libraries([program, Path(find_uv_bin()), *library.glob("lib-dynload/*.so")]):
            archive.add(path.resolve(), os.fspath(path).lstrip("/"))
    return file


def import_python(host: DockerHost, file: Path, name: str = PYTHON_IMAGE) -> None:
    """Give a host the image."""
    repository, _, tag = name.partition(":")
    changes = ["ENV PATH=/usr/local/bin:/bin", 'CMD ["python3"]']
    with contextlib.closing(docker.APIClient(base_url=f"unix://{host.socket}", version="1.41")) as api:
        api.import_image_from_file(str(file), repository=repository, tag=tag, changes=changes)


def _kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    name = Path(entry.name).name
    return None if name in _LEFT_OUT or name.startswith("config-") or name.endswith(".a") else entry


def _pip(archive: tarfile.TarFile, library: Path, place: str) -> None:
    """pip as ensurepip installs it."""
    wheel = next(iter([*library.glob("ensurepip/_bundled/pip-*.whl"), *Path("/usr/share/python-wheels").glob("pip-*")]))
    with zipfile.ZipFile(wheel) as content:
        for name in content.namelist():
            _text(archive, f"{place}/{name}", content.read(name), 0o644)
    script = b"#!/usr/local/bin/python3\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"
    _text(archive, "usr/local/bin/pip", script, 0o755)


def _libraries(programs: Iterable[Path]) -> set[Path]:
    found: set[Path] = set()
    for program in programs:
        said = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
        found |= {Path(path) for path in re.findall(r"(/\S+) \(0x", said)}
    return {path for path in found if path.exists()}


def _folder(archive: tarfile.TarFile, name: str, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    archive.addfile(entry)


def _link(archive: tarfile.TarFile, name: str, target: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    archive.addfile(entry)


def _text(archive: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))
