"""The Pythons of this machine, and which of them suits a request best."""

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PROBE = (
    "import sys; print('.'.join(map(str, sys.version_info[:3])), sys.implementation.name,"
    " int(sys.prefix == getattr(sys, 'base_prefix', sys.prefix)), sys.version_info[3])"
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python to build environments on."""

    path: Path
    version: tuple[int, int, int]

    def __str__(self) -> str:
        return ".".join(map(str, self.version))

    @property
    def minor(self) -> str:
        """'3.10'."""
        return f"{self.version[0]}.{self.version[1]}"


def own_interpreter() -> Interpreter:
    """The Python that mlpw itself runs on, outside of mlpw's environment; found without starting a process."""
    major, minor, micro = sys.version_info[:3]
    folder = Path(sys.base_prefix) / "bin"
    names = (f"python{major}.{minor}", "python3", "python")
    found = next((folder / name for name in names if (folder / name).exists()), Path(sys.executable))
    return Interpreter(found, (major, minor, micro))


@cache
def find_interpreters() -> tuple[Interpreter, ...]:
    """Every CPython 3 that can be started here, the newest patch of each minor version, oldest minor first.

    Looked for once a process; `find_interpreters.cache_clear()` after one was installed.
    """
    best: dict[tuple[int, int], Interpreter] = {own_interpreter().version[:2]: own_interpreter()}
    seen: set[Path] = set()
    for path in _candidates():
        real = path.resolve()
        if real in seen or not os.access(path, os.X_OK):
            continue
        seen.add(real)
        version = _probe(path)
        if version and (version[:2] not in best or best[version[:2]].version < version):
            best[version[:2]] = Interpreter(path, version)
    return tuple(best[minor] for minor in sorted(best))


def by_nearness(request: str, found: Iterable[Interpreter], usual: str) -> list[Interpreter]:
    """The interpreters that suit a request best first: those that satisfy it, then by distance of the minor version.

    `request` is a version, a specifier or ""; `usual` is what an empty request means. Of two at the same distance the
    newer comes first: code for 3.8 runs on 3.9 more often than on 3.7.
    """
    preferred = _wanted_minor(usual)
    bound = _wanted_minor(request) or preferred
    exact = request[:1].isdigit() or request.startswith("==")

    def distance(each: Interpreter) -> tuple[bool, int, bool]:
        suits = satisfies(each.version, request)
        wanted = preferred if suits and not exact else bound
        return not suits, abs(each.version[1] - wanted), each.version[1] < wanted

    return sorted(found, key=distance)


def satisfies(version: tuple[int, int, int], request: str) -> bool:
    """Whether a Python meets a request; a bare version asks for its minor only, since patches are interchangeable."""
    return all(_meets(version, clause.strip()) for clause in request.split(",") if clause.strip())


def _meets(version: tuple[int, int, int], clause: str) -> bool:
    operator = next((each for each in ("===", "==", ">=", "<=", "~=", "!=", ">", "<") if clause.startswith(each)), "")
    asked = _numbers(clause.removeprefix(operator))
    if not asked:
        return True
    if operator in {"", "==", "==="}:
        return version[: len(asked[:2])] == asked[:2]
    if operator == "~=":
        return version >= asked and version[: max(len(asked) - 1, 1)] == asked[: max(len(asked) - 1, 1)]
    return {
        ">=": version[: len(asked)] >= asked,
        "<=": version[: len(asked)] <= asked,
        ">": version[: len(asked)] > asked,
        "<": version[: len(asked)] < asked,
        "!=": version[: len(asked)] != asked,
    }[operator]


def _numbers(text: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for part in text.strip().split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def _wanted_minor(request: str) -> int:
    """The minor version nearest to which to look: '3.8.12' -> 8, '>=3.7,<3.11' -> 7."""
    for clause in request.split(","):
        numbers = _numbers(clause.strip().lstrip("=<>~!"))
        if len(numbers) > 1:
            return numbers[1]
    return 0


def _probe(path: Path) -> tuple[int, int, int] | None:
    """The version of a Python that starts and is no virtual environment, else None."""
    try:
        answer = subprocess.run(
            [path, "-I", "-S", "-c", _PROBE], capture_output=True, text=True, timeout=10, check=True, cwd="/"
        ).stdout.split()
        version, implementation, is_base, level = answer
        major, minor, micro = map(int, version.split("."))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    usable = implementation == "cpython" and major == 3 and is_base == "1" and level == "final"
    return (major, minor, micro) if usable else None


def _candidates() -> Iterable[Path]:
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv")
    managed = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or _data_home(home) / "uv" / "python")
    yield from sorted(pyenv.glob("versions/3.*/bin/python3"))
    yield from sorted(managed.glob("cpython-3.*/bin/python3"))
    folders = [*os.environ.get("PATH", "").split(os.pathsep), "/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"]
    for folder in dict.fromkeys(folders):
        if folder and Path(folder) != pyenv / "shims":
            yield from sorted(p for p in Path(folder).glob("python3*") if p.name[6:].replace(".", "").isdigit())
    for root in ("miniconda3", "anaconda3", "miniforge3", "mambaforge"):
        yield from (path for path in (home / root / "bin" / "python3", Path("/opt") / root / "bin" / "python3"))
    yield Path("/opt/conda/bin/python3")


def _data_home(home: Path) -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
