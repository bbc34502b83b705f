"""References as Azure ML writes them: files, registered versions, labels, registries, datastores."""

from dataclasses import dataclass

#: What stands before a name in a long URI; the documentation has some in the singular.
_ASSET_FOLDERS = frozenset({"components", "component", "environments", "environment", "data", "models", "model"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A named version of an asset: either `version` or `label` is set ("latest" when neither was written)."""

    name: str
    version: str = ""
    label: str = ""
    registry: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.version}" if self.version else f"{self.name}@{self.label}"


@dataclass(frozen=True, slots=True)
class DatastorePath:
    """A path inside a datastore; `path` uses `/` and starts without one."""

    datastore: str
    path: str


def parse_reference(text: str) -> Reference | None:
    """'azureml:name:2', 'azureml:name@latest', 'azureml:name', registry and workspace URIs -> a reference.

    None when it is no reference to a named asset: a path, a URL, a datastore path.
    """
    if text.startswith(("azureml://", "/subscriptions/", "azureml:/subscriptions/")):
        return _from_uri(text)
    if not text.startswith("azureml:"):
        return None
    body = text.removeprefix("azureml:")
    if not body or "/" in body or body.startswith("."):
        return None
    if "@" in body:
        name, _, label = body.partition("@")
        return Reference(name, label=label) if name and label else None
    name, _, version = body.partition(":")
    if not name:
        return None
    return Reference(name, version=version) if version else Reference(name, label="latest")


def _from_uri(text: str) -> Reference | None:
    """The part after `/components/`, `/environments/`, `/data/` or `/models/` of a long URI names the asset."""
    parts = [part for part in text.split("/") if part]
    if "datastores" in parts:
        return None
    for i, part in enumerate(parts[:-1]):
        if part in _ASSET_FOLDERS and i > 0:
            name, rest = parts[i + 1], parts[i + 2 :]
            registry = parts[2] if parts[1:2] == ["registries"] and len(parts) > 2 else ""
            if rest[:1] == ["versions"] and len(rest) == 2:
                return Reference(name, version=rest[1], registry=registry)
            if rest[:1] == ["labels"] and len(rest) == 2:
                return Reference(name, label=rest[1], registry=registry)
            return Reference(name, label="latest", registry=registry) if not rest else None
    return None


def parse_datastore_path(text: str) -> DatastorePath | None:
    """'azureml://[subscriptions/.../]datastores/NAME/paths/a/b' -> the datastore and the path in it."""
    if not text.startswith("azureml://"):
        return None
    head, found, tail = text.removeprefix("azureml:/").partition("/datastores/")
    if not found or ("/" in head.removeprefix("/") and "subscriptions" not in head):
        return None
    name, _, path = tail.partition("/paths/")
    if "/" in name:
        name, _, path = tail.partition("/")
        path = "" if path in {"paths", ""} else path.removeprefix("paths/")
    return DatastorePath(name, path.strip("/")) if name else None


def fill_macro(text: str, name: str, value: str) -> str:
    """The text with `${{name}}`, however spaced, replaced."""
    if "${{" not in text:
        return text
    parts = text.split("${{")
    filled = [parts[0]]
    for part in parts[1:]:
        inside, closed, rest = part.partition("}}")
        filled.append(f"{value}{rest}" if closed and inside.strip() == name else f"${{{{{part}")
    return "".join(filled)


def is_uri(text: str) -> bool:
    """Whether it names something by scheme: https, wasbs, abfss, adl, s3, azureml://."""
    scheme, found, _ = text.partition("://")
    return bool(found) and scheme.isalnum() and scheme not in {"file", ""}


def local_text(text: str) -> str:
    """A local path without what Azure ML allows before it: 'file:./x', 'azureml:./x' -> './x'."""
    if text.startswith("file://"):
        return text.removeprefix("file://")
    if text.startswith("file:"):
        return text.removeprefix("file:")
    return text.removeprefix("azureml:")
