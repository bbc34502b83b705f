"""Folders of wheels and indexes of this machine: what of them goes along with a build."""

import os
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.environments.failures import canonical

#: A folder goes along whole up to so many bytes; of a larger one, what is asked for and what that needs.
_WHOLE_FOLDER = 64_000_000
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2")
_REQUIREMENT = re.compile(r"([A-Za-z0-9][\w.\-]*)\s*(\[)?")
#: What building a package from its source may want.
_BUILDING = ("pip", "setuptools", "wheel")


def local_root(place: str) -> tuple[Path, str] | None:
    """The folder that must go along for a local place, and where in it the place is; None for an address.

    An index called `simple` has its files beside it (https://peps.python.org/pep-0503/ leaves that open; mirrors do).
    """
    if "://" in place and not place.startswith("file:"):
        return None
    path = Path(unquote(urlsplit(place).path) if place.startswith("file:") else place).expanduser()
    return (path.parent, "simple") if path.name == "simple" else (path, "")


def wanted_files(folder: Path, asked: str) -> list[tuple[str, Path]]:
    """The files below a folder that installing what a text asks for may want, by relative name; pages of indexes all.

    What a package needs is read from its wheel.
    """
    every = [
        (os.path.relpath(Path(parent, name), folder), Path(parent, name))
        for parent, _, names in os.walk(folder)
        for name in sorted(names)
    ]
    if sum(path.stat().st_size for _, path in every) <= _WHOLE_FOLDER:
        return every
    archives: dict[str, list[tuple[str, Path]]] = {}
    for name, path in every:
        if name.endswith(_ARCHIVES):
            archives.setdefault(_distribution(path.name), []).append((name, path))
    kept = [each for name in _closure(asked, archives) for each in archives[name]]
    return [*((name, path) for name, path in every if not name.endswith(_ARCHIVES)), *kept]


def _closure(asked: str, archives: dict[str, list[tuple[str, Path]]]) -> list[str]:
    """The distributions that a text names, and all that these need."""
    found: dict[str, None] = {}
    waiting = [*((name, True) for name in _BUILDING), *_named(asked.splitlines())]
    while waiting:
        name, extras = waiting.pop()
        if name in archives and name not in found:
            found[name] = None
            for _, path in archives[name]:
                waiting += _named(_needs(path, extras))
    return list(found)


def _named(texts: Iterable[str]) -> list[tuple[str, bool]]:
    """Every word of some texts that may be a distribution, and whether extras of it are wanted."""
    return [(canonical(name), bool(extras)) for text in texts for name, extras in _REQUIREMENT.findall(text)]


def _needs(wheel: Path, extras: bool) -> list[str]:
    """The requirements that a wheel states, without their conditions; those of extras when wanted."""
    if wheel.suffix != ".whl":
        return []
    try:
        with zipfile.ZipFile(wheel) as content:
            name = next(each for each in content.namelist() if each.endswith(".dist-info/METADATA"))
            text = content.read(name).decode("utf-8", "replace").partition("\n\n")[0]
    except (OSError, zipfile.BadZipFile, StopIteration):
        return []
    lines = [line.partition(":")[2] for line in text.splitlines() if line.startswith("Requires-Dist:")]
    return [line.partition(";")[0] for line in lines if extras or "extra ==" not in line]


def _distribution(name: str) -> str:
    """'Torch_Vision-1.0-py3-none-any.whl' and 'torch-vision-1.0.tar.gz' -> 'torch-vision'."""
    if name.endswith(".whl"):
        return canonical(name.partition("-")[0])
    end = next((found.start() for found in re.finditer(r"-\d", name)), len(name))
    return canonical(name[:end])
