"""Environments, from what a step writes to the packages or image it means."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from core.definitions import keys
from core.definitions.built_folders import content_digest, small_texts
from core.definitions.environment import EnvironmentSpec, LocalPackage, without_extras
from core.definitions.loading import Loading, node_from
from core.definitions.ports import Form
from core.definitions.references import Reference, is_uri, parse_reference
from core.definitions.registered import unregistered
from core.definitions.requirements import LocalRequirement, Requirements, read_requirements
from core.definitions.sections import Section, azure_text, kind_of, require_mapping
from core.definitions.stand_ins import stand_in
from core.definitions.workspace_file import match
from core.definitions.yaml_nodes import Mapping, Node, Scalar, Sequence
from core.errors import DefinitionError, Location


def read_environment(node: Node, folder: str, loading: Loading) -> EnvironmentSpec:
    """An `environment:` value: a reference, `file:` path or inline mapping; `folder` is where its paths start.

    Raises DefinitionError for what is not registered, curated, mapped or well-formed.
    """
    if isinstance(node, Mapping):
        return environment_from(node, folder, loading)
    if not isinstance(node, Scalar):
        raise DefinitionError(f"environment must be a name or a mapping, not {kind_of(node)}", location=node.location)
    key = (node.text, "" if node.text.startswith("azureml:") else folder)
    known = loading.environments.get(key)
    if known is None:
        known = loading.environments[key] = _referenced(node, folder, loading)
    return known


def environment_from(node: Mapping, folder: str, loading: Loading, name: str = "") -> EnvironmentSpec:
    """The mapping of an environment YAML or of an inline environment."""
    _refuse_conda_file(node)
    section = Section(node, "the environment", loading.notices, known=keys.ENVIRONMENT)
    written = name or section.text("name")
    spec = EnvironmentSpec(name=written or "inline", image=section.text("image"), location=node.location)
    conda = section.node("conda_file")
    if conda is not None:
        spec = _with_conda(spec, conda, folder, loading)
    build = section.mapping("build")
    if build is not None:
        spec = _with_build(spec, build, folder, loading)
    if not (spec.image or conda is not None or build is not None):
        loading.notice("the environment names no image, conda_file or build", node.location)
    return spec if written else replace(spec, name=_describe(spec))


def _refuse_conda_file(node: Mapping) -> None:
    for key in ("dependencies", "channels"):
        if key in node.entries:
            raise DefinitionError(
                f"'{key}' belongs in a conda file, not in an environment",
                location=node.entries[key].key_location,
                hint="put it under 'conda_file:'",
            )


def _describe(spec: EnvironmentSpec) -> str:
    return spec.image or spec.name


def _referenced(scalar: Scalar, folder: str, loading: Loading) -> EnvironmentSpec:
    text, where = scalar.text.strip(), scalar.location
    mapped = match(loading.workspace.environments, text)
    if mapped is not None:
        return replace(_from_file(loading.places.mapped(mapped), loading), name=text)
    reference = parse_reference(text)
    if reference is None:
        return _by_path(scalar, folder, loading)
    curated = loading.catalog.curated(text)
    if curated is not None:
        return curated
    if reference.registry:
        raise unregistered("environment", text, reference, where, loading)
    return _registered(reference, text, where, loading)


def _registered(reference: Reference, text: str, where: Location, loading: Loading) -> EnvironmentSpec:
    entry = loading.catalog.find("environment", reference.name, version=reference.version, label=reference.label)
    if entry is None:
        file = stand_in("environment", reference, where, loading)
        if file:
            return _from_file(file, loading)
        raise unregistered("environment", text, reference, where, loading)
    if entry.archived:
        loading.notice_once(f"environment {entry.name}:{entry.version} is archived", where)
    key = f"{entry.name}:{entry.version}"
    node = loading.read(entry.file) if entry.file else node_from(dict(entry.definition), Location(key))
    return environment_from(require_mapping(node, text), entry.folder, loading, name=key)


def _by_path(scalar: Scalar, folder: str, loading: Loading) -> EnvironmentSpec:
    text = scalar.text.strip()
    if is_uri(text) or not (text.startswith(("file:", ".", "/")) or text.endswith((".yml", ".yaml"))):
        raise DefinitionError(
            f"'{text}' is no environment",
            location=scalar.location,
            hint=f"write 'azureml:{text}@latest' for a registered one, 'image: {text}' in a mapping for a Docker image",
        )
    path, form = loading.places.local(text, folder, "environment", scalar.location)
    if form is not Form.FILE:
        raise DefinitionError(f"environment '{text}' is a folder, not a YAML file", location=scalar.location)
    if not text.startswith("file:"):
        loading.notice(f"Azure ML wants 'file:{text}' here", scalar.location)
    return _from_file(path, loading)


def _from_file(path: str, loading: Loading) -> EnvironmentSpec:
    """An environment YAML, a conda file or a requirements file: whichever lies there."""
    folder, name = os.path.split(path)
    if name.endswith(".txt"):
        found = read_requirements([], loading, folder, include=path)
        local = _locals(found)
        return EnvironmentSpec(name=name, packages=found.lines, local_packages=local, listed_in=found.files)
    node = require_mapping(loading.read(path), "an environment file")
    if "dependencies" in node.entries:
        spec = EnvironmentSpec(name=name, location=Location(loading.shown(path)))
        return _with_conda_mapping(spec, node, folder, loading)
    return environment_from(node, folder, loading)


def _with_conda(spec: EnvironmentSpec, node: Node, folder: str, loading: Loading) -> EnvironmentSpec:
    if isinstance(node, Mapping):
        return _with_conda_mapping(spec, node, folder, loading)
    if not isinstance(node, Scalar):
        raise DefinitionError(f"conda_file must be a path or a mapping, not {kind_of(node)}", location=node.location)
    path, form = loading.places.local(node.text, folder, "conda_file", node.location)
    if form is not Form.FILE:
        raise DefinitionError(f"conda_file '{node.text}' is a folder", location=node.location)
    content = require_mapping(loading.read(path), "a conda file")
    return _with_conda_mapping(spec, content, os.path.dirname(path), loading)  # noqa: PTH120


def _with_conda_mapping(spec: EnvironmentSpec, node: Mapping, folder: str, loading: Loading) -> EnvironmentSpec:
    """A conda file's content: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html."""
    section = Section(node, "the conda file", loading.notices, known=keys.CONDA, lax=True)
    conda: list[str] = []
    pip: list[Scalar] = []
    for item in _dependencies(section):
        if isinstance(item, Scalar):
            if item.text.strip():
                conda.append(item.text.strip())
        else:
            pip.extend(_pip_lines(item))
    found = read_requirements(pip, loading, folder)
    variables = {name: azure_text(value) for name, value in section.texts("variables").items()}
    name = section.text("name") if spec.name == "inline" and not spec.image else spec.name
    return replace(
        spec,
        name=name or spec.name,
        conda=tuple(conda),
        packages=found.lines,
        local_packages=_locals(found),
        environment_variables=variables,
        listed_in=tuple(dict.fromkeys((node.location.file, *found.files))),
    )


def _dependencies(section: Section) -> tuple[Scalar | Mapping, ...]:
    node = section.node("dependencies")
    if node is None:
        return ()
    items = node.items if isinstance(node, Sequence) else ()
    if not isinstance(node, Sequence) or any(isinstance(item, Sequence) for item in items):
        raise DefinitionError("dependencies of a conda file must be a list of packages", location=node.location)
    return tuple(item for item in items if isinstance(item, Scalar | Mapping))


def _pip_lines(item: Mapping) -> tuple[Scalar, ...]:
    return Section(item, "a dependency of the conda file", [], known=frozenset({"pip"})).list("pip")


def _locals(found: Requirements) -> tuple[LocalPackage, ...]:
    return tuple(
        LocalPackage(local.written, local.path, _package_digest(local), local.editable) for local in found.local
    )


def _package_digest(local: LocalRequirement) -> str:
    with _reading(f"local package '{local.written}'", local.location):
        return content_digest(without_extras(local.path))


@contextmanager
def _reading(what: str, where: Location) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DefinitionError(f"{what} cannot be read: {error.strerror}: {error.filename}", location=where) from error


def _with_build(spec: EnvironmentSpec, node: Mapping, folder: str, loading: Loading) -> EnvironmentSpec:
    section = Section(node, "'build' of the environment", loading.notices, known=keys.BUILD)
    scalar = section.scalar("path", "a folder")
    if scalar is None:
        raise DefinitionError("'build' needs the path of a folder with a Dockerfile", location=node.location)
    dockerfile = section.text("dockerfile_path", "Dockerfile")
    if is_uri(scalar.text):
        return replace(spec, build_context=scalar.text, build_folder=scalar.text, dockerfile=dockerfile)
    path, form = loading.places.local(scalar.text, folder, "build context", scalar.location)
    if form is not Form.FOLDER:
        raise DefinitionError(f"build context '{scalar.text}' is not a folder", location=scalar.location)
    own, _ = loading.places.local(dockerfile, path, "Dockerfile", scalar.location)
    loading.sources[own] = None
    dockerfile = os.path.relpath(own, path)
    with _reading(f"build context '{scalar.text}'", scalar.location):
        return replace(
            spec,
            build_context=content_digest(path, dockerfile),
            build_files=small_texts(path, dockerfile),
            build_folder=path,
            dockerfile=dockerfile,
        )
