"""What a step runs in, as definitions name it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from core.errors import Location


@dataclass(frozen=True, slots=True)
class LocalPackage:
    """A requirement that is a path: `written` as in the file, `path` absolute, `digest` of what lies there.

    Extras stand after the path, as in requirements: "/lib[fast]".
    """

    written: str
    path: str
    digest: str
    editable: bool = False


class BuiltFrom(NamedTuple):
    """A file or folder that an environment is built from: its absolute path, and the digest of what counts there.

    Of a build context `dockerfile` is the relative path of its Dockerfile, of a local package "".
    """

    path: str
    digest: str
    dockerfile: str = ""


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """A resolved environment: an image, Python packages, both, or neither (the workspace's default).

    `packages` are PyPI requirement lines ("scikit-learn==1.5.0"), `python` a version such as "3.10" or "".
    `conda` are the lines of a conda file's `dependencies:` as written, "python=3.8" and "pip=21" among them; the lines
    of its `pip:` lists stand in `packages`. core.environments turns both into what PyPI has, when it builds.
    `local_packages` are Python projects and wheels of the workspace that requirements name by path. `build_folder` is
    where a Docker build context lies (absolute), `dockerfile` its Dockerfile relative to that.
    The spec's `parts` are its identity: they hold no path, time or machine.
    """

    name: str
    image: str = ""
    python: str = ""
    packages: tuple[str, ...] = ()
    conda: tuple[str, ...] = ()
    #: Digest of a Docker build context; only Docker hosts can build one.
    build_context: str = ""
    #: Relative path -> text of the context's small text files: Dockerfile, requirements*.txt, *.yml, *.yaml.
    build_files: Mapping[str, str] = field(default_factory=dict)
    build_folder: str = ""
    dockerfile: str = ""
    local_packages: tuple[LocalPackage, ...] = ()
    environment_variables: Mapping[str, str] = field(default_factory=dict)
    location: Location | None = None
    #: Files that the lines of `conda` and `packages` stand in, as messages name them.
    listed_in: tuple[str, ...] = field(default=(), compare=False)

    @property
    def has_python(self) -> bool:
        """Whether the spec asks for packages or a Python version of its own."""
        return bool(self.packages or self.conda or self.python or self.local_packages)

    @property
    def built_from(self) -> tuple[BuiltFrom, ...]:
        """What the environment is built from on this machine."""
        found = [BuiltFrom(without_extras(package.path), package.digest) for package in self.local_packages]
        if self.build_folder.startswith("/"):
            found.append(BuiltFrom(self.build_folder, self.build_context, self.dockerfile or "Dockerfile"))
        return tuple(found)

    def parts(self) -> dict[str, str]:
        """Name -> version or value of everything that identifies the environment, for digests and reasons."""
        named: dict[str, str] = {}
        if self.image:
            named["image"] = self.image
        if self.python:
            named["python"] = self.python
        if self.build_context:
            named["build context"] = self.build_context
        if self.dockerfile not in {"", "Dockerfile"}:
            named["dockerfile"] = self.dockerfile
        for line in (*self.conda, *self.packages):
            name, version = split_requirement(line)
            named[name if name not in named else f"{name} (again, {len(named)})"] = version
        for package in self.local_packages:
            named[package.written] = package.digest
        named.update({f"${name}": value for name, value in self.environment_variables.items()})
        return named


def without_extras(path: str) -> str:
    """'/lib[fast]' -> '/lib'."""
    return path.rpartition("[")[0] if path.endswith("]") else path


def split_requirement(line: str) -> tuple[str, str]:
    """'scikit-learn[x]==1.5.0' -> ('scikit-learn[x]', '1.5.0'); other specifiers are kept as written."""
    text = line.strip()
    for i, character in enumerate(text):
        if character in "=<>!~ @;":
            name, version = text[:i].strip(), text[i:].strip()
            return name, version.removeprefix("==") if "," not in version else version
    return text, ""
