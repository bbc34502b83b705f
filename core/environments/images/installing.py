"""Packages on an image: installed in a container of it, whose changes become the environment's image."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.definitions.built_folders import package_files
from core.definitions.environment import EnvironmentSpec
from core.environments.failures import Failure, FailureKind, canonical, read_failure
from core.environments.images.machine_settings import PLACE
from core.environments.images.site import TOLD, Ran, Site
from core.environments.images.wanted import Wanted, fitting_pythons, python_for
from core.environments.installer import explained
from core.environments.lines import line_at_fault
from core.environments.recipe import Recipe
from core.environments.uv import uv_program
from core.errors import EnvironmentBuildError

_SCRIPT = Path(__file__).parent / "install.sh"
_NO_PYTHON = 3
_PIP_MISSING = re.compile(r"No matching distribution found for ([\w.\-]+)")


def install(
    site: Site, wanted: Wanted, image: str, labels: Mapping[str, str], root: Path
) -> tuple[str, tuple[str, ...]]:
    """Install a recipe's packages on an image; the new image's id, and what is not as it was asked for.

    Files that list packages are named from `root`. Raises EnvironmentBuildError with the package at fault and the line
    that names it.
    """
    recipe = wanted.recipe or Recipe()
    closed = ["--no-index"] if site.settings.variables.get("UV_NO_INDEX") else []  # uv reads it from no variable
    site.lay_out(image, _files(recipe, wanted.spec, closed))
    asked = python_for(recipe.python)
    script = ["/bin/sh", f"{PLACE}/install.sh", " ".join(fitting_pythons(recipe.python)), asked]
    container, ran = site.run(image, [*script, "1" if recipe.allow_prereleases else ""], as_root=True)
    told = dict(line.removeprefix(TOLD).split("=", 1) for line in ran.text.splitlines() if line.startswith(TOLD))
    if ran.code:
        raise _failure(ran, told, wanted, recipe, root)
    remarks: tuple[str, ...] = ()
    if other := told.get("python"):
        remarks = (f"Python {recipe.python} cannot be had in image '{wanted.base}'; took its {other}",)
    changed = {"Env": _own_python_first(site, image)} if "own" in told else {}
    return site.keep(container, image, {**labels, "mlpw.remarks": "\n".join(remarks)}, **changed), remarks


def _files(recipe: Recipe, spec: EnvironmentSpec, options: Sequence[str]) -> dict[str, Path | bytes]:
    """What the volume holds for the script."""
    files: dict[str, Path | bytes] = {"uv": Path(uv_program()), "install.sh": _SCRIPT}
    lines = [*options, *recipe.options, *recipe.requirements]
    for number, package in enumerate(spec.local_packages):
        path, bracket, extras = package.path.partition("[") if package.path.endswith("]") else (package.path, "", "")
        place = f"local/{number}/{os.path.basename(path.rstrip('/'))}"  # noqa: PTH119
        lines.append(f"{PLACE}/{place}{bracket}{extras}")
        if Path(path).is_dir():
            files |= {f"{place}/{name}": Path(file) for name, file in package_files(path)}
        else:
            files[place] = Path(path)
    return {**files, "requirements.txt": "".join(f"{line}\n" for line in lines).encode()}


def _own_python_first(site: Site, image: str) -> list[str]:
    """The image's variables, with the environment's own Python before all others."""
    config = (site.work.engine.image(image) or {}).get("Config") or {}
    variables = dict(line.partition("=")[::2] for line in config.get("Env") or ())
    usual = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    variables["PATH"] = f"/opt/mlpw/bin:{variables.get('PATH') or usual}"
    return [f"{name}={value}" for name, value in variables.items()]


def _failure(ran: Ran, told: Mapping[str, str], wanted: Wanted, recipe: Recipe, root: Path) -> EnvironmentBuildError:
    """Why the packages could not be installed, as a person can act on it, at the line that asks for them."""
    if "none" in told or ran.code == _NO_PYTHON:
        text = f"image '{wanted.base}' has no Python, and Python {python_for(recipe.python)} cannot be fetched into it"
        return EnvironmentBuildError(text, hint="name an image that has it, such as python:3.10-slim")
    if "not found" in ran.text and ran.code == 127:
        return EnvironmentBuildError(f"image '{wanted.base}' has no shell to install packages with")
    failure = _read(ran.text.rpartition(f"{TOLD}installs=1\n")[2], told)
    location = line_at_fault(failure, wanted.spec, root)
    if failure.kind is FailureKind.UNREACHABLE:
        return EnvironmentBuildError(
            f"the package index cannot be reached from the image: {failure.reason}",
            hint="check the host's network, and the index and certificates that pip is configured with here",
        )
    error = explained(failure)
    return EnvironmentBuildError(error.message, location=location, hint=error.hint)


def _read(text: str, told: Mapping[str, str]) -> Failure:
    if "pip" not in told:
        return read_failure(text)
    missing = _PIP_MISSING.search(text)
    errors = [line.strip().removeprefix("ERROR: ") for line in text.splitlines() if line.startswith("ERROR: ")]
    reason = errors[-1] if errors else (text.strip().splitlines() or ["pip failed"])[-1]
    if "NewConnectionError" in text or "Temporary failure in name resolution" in text:
        return Failure(FailureKind.UNREACHABLE, reason)
    kind = FailureKind.MISSING if missing else FailureKind.OTHER
    return Failure(kind, reason, canonical(missing.group(1)) if missing else "")
