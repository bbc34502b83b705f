"""The nearest release of a pinned package, when the one asked for cannot be installed on any Python here."""

from dataclasses import dataclass

from core.environments.failures import Failure, FailureKind, names_in
from core.environments.interpreters import Interpreter
from core.environments.requirements import lower_bound, replaced, requirement_name
from core.environments.uv import Uv

_COMPILE = ("pip", "compile", "--quiet", "--no-deps", "--no-header", "--no-annotate", "--only-binary", ":all:")


@dataclass(frozen=True, slots=True)
class Relaxed:
    """Requirements in which one package gave way, and what to say about it."""

    requirements: tuple[str, ...]
    package: str
    remark: str


def relax(
    requirements: tuple[str, ...], failure: Failure, python: Interpreter, uv: Uv, given_way: frozenset[str]
) -> Relaxed | None:
    """Let the package at fault give way: first to the nearest release with a wheel, then to any later one.

    None when uv named no package of the requirements that has versions to give up.
    """
    lines = {requirement_name(line): line for line in requirements if requirement_name(line)}
    pinned = [name for name, line in lines.items() if _has_limits(line)]
    if failure.kind is FailureKind.NO_BUILD and failure.package in pinned and failure.package not in given_way:
        return _to_nearest(requirements, failure.package, lines[failure.package], python, uv)
    named = names_in(failure, pinned)
    fresh = [name for name in named if name not in given_way] or named
    return _to_any_later(requirements, fresh[0], lines[fresh[0]]) if fresh else None


def _has_limits(line: str) -> bool:
    """Whether a requirement says more than a lower bound."""
    return any(operator in line.partition(";")[0] for operator in ("==", "<", "~=", "!="))


def _to_nearest(requirements: tuple[str, ...], name: str, line: str, python: Interpreter, uv: Uv) -> Relaxed | None:
    low = lower_bound(line)
    found = _release(name, f">={low}" if low else "", "lowest" if low else "highest", python, uv)
    found = found or _release(name, "", "highest", python, uv)
    if not found:
        return None
    remark = f"'{line}' has no build for Python {python.minor}; took {name} {found}, the nearest release that has one"
    return Relaxed(replaced(requirements, name, f"=={found}"), name, remark)


def _to_any_later(requirements: tuple[str, ...], name: str, line: str) -> Relaxed:
    low = lower_bound(line)
    remark = f"'{line}' does not go together with the other packages here; took what does"
    return Relaxed(replaced(requirements, name, f">={low}" if low else ""), name, remark)


def _release(name: str, versions: str, resolution: str, python: Interpreter, uv: Uv) -> str:
    """The lowest or highest release with a wheel for a Python, or ''."""
    asked = uv.run_quietly(
        [*_COMPILE, "--resolution", resolution, "--python", str(python.path), "-"],
        f"{name}{versions}\n",
    )
    return next((line.partition("==")[2].split()[0] for line in asked.splitlines() if "==" in line), "")
