"""The nearest release of a pinned package, when the one asked for cannot be installed on any Python here."""

from dataclasses import dataclass

from core.environments.failures import Failure, FailureKind, names_in
from core.environments.interpreters import Interpreter
from core.environments.requirements import lower_bound, replaced, requirement_name, upper_bound
from core.environments.uv import Uv

_COMPILE = ("pip", "compile", "--quiet", "--no-deps", "--no-header", "--no-annotate", "--only-binary", ":all:")


@dataclass(frozen=True, slots=True)
class Relaxed:
    """Requirements in which one package gave way, and why it had to."""

    requirements: tuple[str, ...]
    package: str
    reason: str


def relax(
    requirements: tuple[str, ...], failure: Failure, python: Interpreter, uv: Uv, given_way: frozenset[str]
) -> Relaxed | None:
    """Let the package at fault give way: first to the nearest release with a wheel, then to any later one.

    `given_way` are the packages that did so before. None when uv named no package of the requirements that has
    versions to give up.
    """
    lines = {requirement_name(line): line for line in requirements if requirement_name(line)}
    pinned = [name for name, line in lines.items() if _has_limits(line)]
    at_fault = failure.package if failure.package in pinned else ""
    if failure.kind is FailureKind.NO_BUILD and at_fault and at_fault not in given_way:
        reason = f"cannot be installed on Python {python.minor}"
        return _to_nearest(requirements, at_fault, lower_bound(lines[at_fault]), python, uv, reason)
    named = names_in(failure, pinned)
    fresh = [name for name in named if name not in given_way]
    reason = f"cannot be combined with the other packages on Python {python.minor}"
    if fresh:
        low = upper_bound(lines[fresh[0]]) or lower_bound(lines[fresh[0]])
        return _to_nearest(requirements, fresh[0], low, python, uv, reason)
    if named:
        low = lower_bound(lines[named[0]])
        return Relaxed(replaced(requirements, named[0], f">={low}" if low else ""), named[0], reason)
    return None


def _has_limits(line: str) -> bool:
    """Whether a requirement says more than a lower bound."""
    return any(operator in line.partition(";")[0] for operator in ("==", "<", "~=", "!="))


def _to_nearest(
    requirements: tuple[str, ...], name: str, low: str, python: Interpreter, uv: Uv, reason: str
) -> Relaxed | None:
    found = _release(name, f">={low}" if low else "", "lowest" if low else "highest", python, uv)
    found = found or _release(name, "", "highest", python, uv)
    return Relaxed(replaced(requirements, name, f"=={found}"), name, reason) if found else None


def _release(name: str, versions: str, resolution: str, python: Interpreter, uv: Uv) -> str:
    """The lowest or highest release with a wheel for a Python, or ''."""
    arguments = [*_COMPILE, "--resolution", resolution, "--python", str(python.path), "-"]
    answer = uv.run_quietly(arguments, f"{name}{versions}\n")
    return next((line.partition("==")[2].split()[0] for line in answer.splitlines() if "==" in line), "")
