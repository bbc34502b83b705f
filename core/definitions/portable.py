"""Definitions that need no other file: what they refer to is written into them, or kept elsewhere."""

import os
from collections.abc import Callable

from core.definitions.environment import EnvironmentSpec
from core.definitions.environment_reader import read_environment
from core.definitions.loading import Loading
from core.definitions.references import is_uri, local_text, parse_reference
from core.definitions.workspace_file import match
from core.definitions.yaml_nodes import Mapping, Node, Scalar, plain

#: Keeps the file or folder at an absolute path and gives the path to write instead.
Keep = Callable[[str], str]


def portable_component(node: Mapping, folder: str, loading: Loading, keep: Keep) -> dict[str, object]:
    """A component's plain values with local components and environments written out and code kept."""
    found: dict[str, object] = {}
    for key, entry in node.entries.items():
        value = entry.value
        if key == "code":
            found[key] = _kept(value, folder, loading, keep)
        elif key == "additional_includes" and not isinstance(value, Mapping):
            items = (value,) if isinstance(value, Scalar) else value.items
            found[key] = [_kept(item, folder, loading, keep) for item in items]
        elif key == "environment":
            found[key] = _environment(value, folder, loading, keep)
        elif key in {"component", "trial"}:
            found[key] = _component(value, folder, loading, keep)
        elif key in {"jobs", "task"} and isinstance(value, Mapping):
            found[key] = (
                portable_component(value, folder, loading, keep)
                if key == "task"
                else {name: _step(inner.value, folder, loading, keep) for name, inner in value.entries.items()}
            )
        else:
            found[key] = plain(value)
    return found


def portable_environment(spec: EnvironmentSpec, keep: Keep) -> dict[str, object]:
    """An environment read from local files as the mapping that says the same without them."""
    found: dict[str, object] = {"image": spec.image} if spec.image else {}
    pip: list[str] = list(spec.packages)
    for package in spec.local_packages:
        kept = _as_path(keep(package.path))
        pip.append(f"-e {kept}" if package.editable else kept)
    dependencies: list[object] = [*spec.conda, *([{"pip": pip}] if pip else [])]
    if dependencies or spec.environment_variables:
        conda: dict[str, object] = {"dependencies": dependencies}
        if spec.environment_variables:
            conda["variables"] = dict(spec.environment_variables)
        found["conda_file"] = conda
    if spec.build_folder:
        path = spec.build_folder if is_uri(spec.build_folder) else _as_path(keep(spec.build_folder))
        found["build"] = {"path": path, "dockerfile_path": spec.dockerfile}
    return found


def _step(node: Node, folder: str, loading: Loading, keep: Keep) -> object:
    if not isinstance(node, Mapping):
        return plain(node)
    found = portable_component(node, folder, loading, keep)
    inputs = node.entries.get("inputs")
    if inputs is not None and isinstance(inputs.value, Mapping):
        found["inputs"] = {
            name: _input(entry.value, folder, loading, keep) for name, entry in inputs.value.entries.items()
        }
    return found


def _input(node: Node, folder: str, loading: Loading, keep: Keep) -> object:
    if not isinstance(node, Mapping) or "path" not in node.entries:
        return plain(node)
    path = node.entries["path"].value
    values = {key: plain(entry.value) for key, entry in node.entries.items()}
    return {**values, "path": _kept(path, folder, loading, keep)}


def _kept(node: Node, folder: str, loading: Loading, keep: Keep) -> object:
    if not isinstance(node, Scalar) or not node.text.strip() or _is_elsewhere(node.text, loading):
        return plain(node)
    path, _ = loading.places.local(node.text, folder, "path", node.location)
    return _as_path(keep(path))


def _is_elsewhere(text: str, loading: Loading) -> bool:
    return (
        "${{" in text
        or is_uri(text)
        or parse_reference(text) is not None
        or match(loading.workspace.data, text) is not None
    )


def _environment(node: Node, folder: str, loading: Loading, keep: Keep) -> object:
    if isinstance(node, Scalar) and (
        parse_reference(node.text) is not None or match(loading.workspace.environments, node.text) is not None
    ):
        return plain(node)
    written = {key: plain(entry.value) for key, entry in node.entries.items()} if isinstance(node, Mapping) else {}
    for key in ("conda_file", "build"):
        written.pop(key, None)
    return {**written, **portable_environment(read_environment(node, folder, loading), keep)}


def _component(node: Node, folder: str, loading: Loading, keep: Keep) -> object:
    if isinstance(node, Mapping):
        return portable_component(node, folder, loading, keep)
    if not isinstance(node, Scalar) or match(loading.workspace.components, node.text) is not None:
        return plain(node)
    if parse_reference(node.text) is not None:
        return plain(node)
    path, _ = loading.places.local(local_text(node.text), folder, "component", node.location)
    inner = loading.read(path)
    if not isinstance(inner, Mapping):
        return plain(node)
    return portable_component(inner, os.path.dirname(path), loading, keep)  # noqa: PTH120


def _as_path(text: str) -> str:
    return text if text.startswith(("./", "../", "/")) else f"./{text}"
