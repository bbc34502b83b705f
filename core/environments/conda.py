"""Conda's way to name packages, turned into what PyPI has."""

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.environments.conda_names import INSTALLER_NAMES, LIB_PACKAGES, PYPI_NAMES, SYSTEM_NAMES
from core.errors import EnvironmentBuildError

_OPERATORS = ("===", "==", ">=", "<=", "~=", "!=", ">", "<", "=")


@dataclass(frozen=True, slots=True)
class CondaFile:
    """The `dependencies:` of a conda file, as written: conda's own lines, and the lines of its `pip:` lists."""

    conda: tuple[str, ...] = ()
    pip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Translated:
    """Conda lines as PyPI requirements; `python` is a version specifier such as "3.8" or ">=3.8,<3.11", or ""."""

    python: str = ""
    requirements: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def read_conda_file(values: Mapping[str, object]) -> CondaFile:
    """The parsed values of a conda file -> its lines; what is not text or a `pip:` list is left out.

    The format: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
    """
    conda: list[str] = []
    pip: list[str] = []
    dependencies = values.get("dependencies")
    for entry in dependencies if isinstance(dependencies, Sequence) and not isinstance(dependencies, str) else ():
        if isinstance(entry, str):
            conda.append(entry.strip())
        elif isinstance(entry, Mapping):
            lines = entry.get("pip") or ()
            pip.extend(str(line).strip() for line in ([lines] if isinstance(lines, str) else lines))
    return CondaFile(tuple(filter(None, conda)), tuple(filter(None, pip)))


def translate(lines: Iterable[str]) -> Translated:
    """Conda dependency lines -> Python version, PyPI requirements and the names that only conda has.

    Raises EnvironmentBuildError for what no Python environment can hold: packages of R.
    """
    collected = _Collected()
    for line in lines:
        _sort_in(line, collected)
    return Translated(collected.python, tuple(dict.fromkeys(collected.requirements)), tuple(collected.dropped))


@dataclass(slots=True)
class _Collected:
    python: str = ""
    requirements: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def _sort_in(line: str, collected: _Collected) -> None:
    name, version = split_match_spec(line)
    if not name or name in INSTALLER_NAMES:
        return
    if name == "python":
        collected.python = python_version(version)
    elif name.startswith("r-") or name in {"r", "rpy2-r", "mro-base"}:
        raise EnvironmentBuildError(
            f"'{name}' is a package of R, which a Python environment cannot hold",
            hint="such a step needs an image and a Docker host",
        )
    elif is_system_name(name):
        collected.dropped.append(name)
    else:
        collected.requirements.append(PYPI_NAMES.get(name, name) + pip_version(version))


def is_system_name(name: str) -> bool:
    """Whether conda means a program or a C library, which no wheel is for."""
    if name in PYPI_NAMES:
        return not PYPI_NAMES[name]
    return name in SYSTEM_NAMES or name.startswith("_") or (name.startswith("lib") and name not in LIB_PACKAGES)


def split_match_spec(line: str) -> tuple[str, str]:
    """'conda-forge::numpy[build=x] =1.22=py39_0  # why' -> ('numpy', '=1.22'); the name in lower case.

    The syntax: https://docs.conda.io/projects/conda-build/en/stable/resources/package-spec.html
    """
    text = line.split("#", 1)[0].strip().rpartition("::")[2]
    before, bracket, after = text.partition("[")
    text = f"{before} {after.partition(']')[2]}".strip() if bracket else text
    end = next((i for i, character in enumerate(text) if character in "=<>~! "), len(text))
    name, rest = text[:end].lower(), text[end:].strip()
    if rest and rest[0] not in "=<>~!":
        parts = rest.split()
        rest = parts[0] if parts[0][0] in "=<>~!" else f"={parts[0]}" if "|" not in rest else rest
    return name, _without_build("".join(rest.split()))


def _without_build(version: str) -> str:
    """'=1.22=py39_0' -> '=1.22'; '==1.22=py39_0' -> '==1.22'."""
    if version.startswith("=") and "," not in version and "|" not in version:
        operator = "==" if version.startswith("==") else "="
        return operator + version.removeprefix(operator).split("=", 1)[0]
    return version


def pip_version(version: str) -> str:
    """A conda version as a PEP 440 specifier: '=1.2' -> '==1.2.*', '1.2.*' -> '==1.2.*', '1.2|1.3' -> the last."""
    return ",".join(filter(None, (_pip_clause(clause) for clause in version.rpartition("|")[2].split(","))))


def _pip_clause(clause: str) -> str:
    clause = clause.strip()
    operator = next((known for known in _OPERATORS if clause.startswith(known)), "")
    value = clause.removeprefix(operator).strip()
    if not value or value == "*":
        return ""
    if operator in {"", "="}:
        return f"=={value.removesuffix('.*').removesuffix('*')}.*"
    if operator in {"==", "!="}:
        return operator + value
    return operator + value.removesuffix(".*").removesuffix("*")


def python_version(version: str) -> str:
    """The version that conda asks of Python: '=3.8' and '==3.8.12' -> bare versions, ranges as specifiers."""
    clauses = [clause.strip() for clause in version.rpartition("|")[2].split(",") if clause.strip() not in {"", "*"}]
    if len(clauses) == 1 and clauses[0].lstrip("=")[:1].isdigit():
        return clauses[0].lstrip("=").removesuffix(".*").removesuffix("*").rstrip(".")
    return ",".join(_pip_clause(clause) for clause in clauses)


def inline_requirements(lines: Iterable[str], read: Callable[[str], str | None]) -> tuple[str, ...]:
    """Requirement lines with every `-r file` replaced by that file's lines; comments and blank lines left out.

    `read` gives a file's text by the path as written, or None. Raises EnvironmentBuildError when a file is not there.
    """
    found: list[str] = []
    _inline(lines, read, found, "", frozenset())
    return tuple(found)


def _inline(
    lines: Iterable[str], read: Callable[[str], str | None], found: list[str], folder: str, seen: frozenset[str]
) -> None:
    for line in _logical(lines):
        included = _included(line)
        if included is None:
            found.append(line)
            continue
        path = posixpath.normpath(posixpath.join(folder, included))
        if path not in seen:
            text = read(path)
            if text is None:
                raise EnvironmentBuildError(f"requirements file '{path}' is not there", hint=f"named by '{line}'")
            _inline(text.splitlines(), read, found, posixpath.dirname(path), seen | {path})


def _included(line: str) -> str | None:
    for option in ("--requirement=", "--requirement ", "-r"):
        if line.startswith(option):
            return line.removeprefix(option).strip().strip("\"'")
    return None


def _logical(lines: Iterable[str]) -> Iterable[str]:
    """Lines without comments, with those that end in a backslash joined to the next."""
    pending = ""
    for line in lines:
        text = line.strip()
        if text.startswith("#"):
            continue
        text = text.split(" #", 1)[0].rstrip()
        if text.endswith("\\"):
            pending += text[:-1].rstrip() + " "
            continue
        if whole := (pending + text).strip():
            yield whole
        pending = ""
    if pending.strip():
        yield pending.strip()
