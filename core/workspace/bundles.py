"""A component or environment with all it names, as one folder in which its relative paths still resolve."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.definitions.built_folders import package_files
from core.definitions.built_rules import LEFT_OUT
from core.definitions.catalog import CatalogEntry
from core.definitions.places import Places
from core.definitions.ports import Form
from core.definitions.references import local_text
from core.definitions.yaml_nodes import Mapping as MappingNode
from core.definitions.yaml_nodes import plain
from core.errors import DefinitionError, InputError, Location
from core.store.copying import copy_file
from core.store.ignore import Rules
from core.store.objects import Store
from core.store.publish import Prepared
from core.store.scan import DATA, Found, Policy, code_policy, scan
from core.workspace.catalog import WorkspaceCatalog

#: Keys that say nothing about what a version does; Azure ML lets them change.
_DESCRIPTIVE = frozenset({"$schema", "name", "version", "description", "display_name", "tags", "properties"})
_CODE = ("code of ", "additional_includes of ")
_DEFINITIONS = ("component of ", "environment")
_BUILT = Policy(rules=Rules(left_out=LEFT_OUT))


class FollowedPlaces(Places):
    """Remembers which local paths a definition led to; `followed` holds what each is, by absolute path."""

    followed: dict[str, tuple[str, Form]]

    def local(self, text: str, folder: str, what: str, location: Location | None) -> tuple[str, Form]:
        """As `Places.local`.

        Raises DefinitionError for an absolute path too, which would stay outside of the bundle.
        """
        if local_text(text).startswith(("/", "~")):
            raise DefinitionError(
                f"{what} '{text}' is an absolute path, which a registered version cannot keep",
                location=location,
                hint="write it relative to the file that names it",
            )
        path, form = super().local(text, folder, what, location)
        self.followed.setdefault(path, (what, form))
        return path, form


class PinningCatalog(WorkspaceCatalog):
    """Remembers which versions labels stood for, so that a registered version keeps meaning the same."""

    pins: dict[str, set[str]]

    def find(self, kind: str, name: str, *, version: str = "", label: str = "") -> CatalogEntry | None:
        """As `WorkspaceCatalog.find`."""
        entry = super().find(kind, name, version=version, label=label)
        if entry is not None and not version:
            for text in (f"azureml:{name}@{label}", *((f"azureml:{name}",) if label == "latest" else ())):
                self.pins.setdefault(text, set()).add(f"azureml:{name}:{entry.version}")
        return entry


@dataclass(frozen=True, slots=True)
class Bundle:
    """What goes into the folder: `file` is the definition's own path in it, `files` where each found thing is from."""

    file: str
    node: MappingNode
    is_changed: bool
    files: Mapping[str, Found] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)
    definitions: frozenset[str] = frozenset()
    is_code: bool = False

    def write(self, folder: Path) -> None:
        """Copy everything into the new folder.

        Raises InputError when a file cannot be read or keeps changing.
        """
        folder.mkdir(parents=True)
        for name, found in self.files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if found.kind == "d":
                place.mkdir(exist_ok=True)
            elif found.kind == "l":
                place.symlink_to(os.readlink(found.path))
            else:
                copy_file(found.path, str(place), InputError)
                if name in self.definitions:
                    self._pin(place)
        if self.is_changed:
            place = folder / self.file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            place.write_text(self._pinned(json.dumps(plain(self.node), indent=2)), "utf-8")

    def content(self, item: Prepared) -> str:
        """The identity of what the version does: comments and descriptions do not enter, names of files do."""
        import hashlib

        entries = dict(item.manifest.entries) if item.manifest else {}
        if not self.is_code:
            entries.pop(self.file, None)
        told = plain(self.node)
        said = {key: value for key, value in told.items() if key not in _DESCRIPTIVE} if isinstance(told, dict) else {}
        identity = [
            self.file,
            said,
            sorted((name, *entry) for name, entry in entries.items()),
            sorted(self.pins.items()),
        ]
        return hashlib.sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()

    def _pin(self, place: Path) -> None:
        text = place.read_bytes().decode("utf-8", "surrogateescape")
        pinned = self._pinned(text)
        if pinned != text:
            place.write_bytes(pinned.encode("utf-8", "surrogateescape"))

    def _pinned(self, text: str) -> str:
        for label, version in self.pins.items():
            text = re.sub(rf"(?<![\w:/.-]){re.escape(label)}(?![\w:@/.-])", version, text)
        return text


def bundle_of(
    main: str, node: MappingNode, places: FollowedPlaces, catalog: PinningCatalog, *, changed: bool
) -> Bundle:
    """What must be copied for the definition at `main` (absolute) and everything its reading led to.

    Raises InputError for what cannot be kept.
    """
    folders = [os.path.dirname(main)]
    folders += [path if form is Form.FOLDER else os.path.dirname(path) for path, (_, form) in places.followed.items()]
    common = os.path.commonpath(folders)
    files: dict[str, Found] = {}
    for path, (what, form) in places.followed.items():
        base = os.path.relpath(path, common)
        for found in _found(path, what, form):
            files.setdefault(os.path.normpath(os.path.join(base, found.name)) if found.name else base, found)
    file = os.path.relpath(main, common)
    is_code = file in files and not any(path == main for path in places.followed)
    if not changed and file not in files:
        files[file] = _single(main)
    pins = {label: next(iter(versions)) for label, versions in catalog.pins.items() if len(versions) == 1}
    named = (path for path, (what, _) in places.followed.items() if what.startswith(_DEFINITIONS))
    definitions = frozenset(os.path.relpath(path, common) for path in (main, *named))
    return Bundle(file, node, changed, files, pins, definitions, is_code)


def prepare(bundle: Bundle, store: Store) -> Prepared:
    """The bundle as a folder on the store's disk, hashed and ready to be published."""
    folder = store.new_temporary_path("bundle")
    bundle.write(folder)
    return store.prepare_copy(folder)


def _found(path: str, what: str, form: Form) -> Iterable[Found]:
    if form is not Form.FOLDER:
        return [_single(path)]
    real = os.path.realpath(path)
    if what.startswith(_CODE):
        return scan(real, code_policy(real))
    if what == "local package":
        counted = {name for name, _ in package_files(real)}
        return [found for found in scan(real, _BUILT) if found.name in counted]
    return scan(real, _BUILT if what == "build context" else DATA)


def _single(path: str) -> Found:
    return Found("", os.path.realpath(path), "f", (0, 0, 0, 0), None)
