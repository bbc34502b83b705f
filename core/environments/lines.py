"""Which line of which file asks for a package."""

from pathlib import Path

from core.definitions.environment import EnvironmentSpec
from core.environments.conda import split_match_spec
from core.environments.conda_names import PYPI_NAMES
from core.environments.failures import Failure, canonical
from core.environments.requirements import requirement_name
from core.errors import Location


def line_at_fault(failure: Failure, spec: EnvironmentSpec, root: Path) -> Location | None:
    """Where the package at fault is asked for; of several that exclude each other the last; None when nobody knows.

    Looked for in the files as they are now; those named without a leading slash lie below `root`.
    """
    names = {failure.package} if failure.package else failure.named
    lines = {
        line for line in (*spec.conda, *spec.packages) if names & {requirement_name(line), _conda_name(line)} - {""}
    }
    found = [place for file in spec.listed_in for place in _places(root / file, file, lines)]
    return found[-1] if found else None


def _places(path: Path, shown: str, lines: set[str]) -> list[Location]:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return []
    found = []
    for number, written in enumerate(text.splitlines(), 1):
        plain = written.split(" #", 1)[0].strip().removeprefix("- ").strip().strip("\"'")
        if plain in lines:
            found.append(Location(shown, number, written.index(plain) + 1))
    return found


def _conda_name(line: str) -> str:
    """What PyPI calls a package that stands in conda's words."""
    name = split_match_spec(line)[0]
    return canonical(PYPI_NAMES.get(name, name))
