"""Assets of a workspace for their screens: the list of a kind, what is known of one, which pipelines use what."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from core.definitions.components import CommandComponent, PipelineComponent
from core.definitions.discovery import DefinitionEntry
from core.definitions.environment import EnvironmentSpec, split_requirement
from core.definitions.ports import InputDeclaration, Place
from core.errors import MlpwError, NotFoundError, StoreError
from core.planning.graph import DataInput
from core.records.model import AssetKind, AssetRecord
from core.workspace import Workspace
from tui.reading.asset_views import AssetView, Facts, Uses, VersionView
from tui.reading.folders import FileEntry
from tui.views import Kind, Trouble
from tui.wording import units
from tui.worker_thread import place_of, trouble_of

_SHOWN_FILES = 500
_SHOWN_LINES = 60


def assets(kind: Kind) -> Callable[[Workspace], list[AssetView]]:
    """Reads every asset of a kind: those with a file by path, then those that are only registered."""
    return partial(_assets, kind)


def _assets(kind: Kind, workspace: Workspace) -> list[AssetView]:
    asset_kind = AssetKind(kind.value)
    names = [asset.name for asset in workspace.assets(asset_kind, archived=True)]
    versions = {name: _versions(workspace, asset_kind, name) for name in names}
    files = [entry for entry in workspace.definitions() if entry.kind == kind.value]
    found = [_defined(kind, entry, versions.get(entry.name, ()), workspace.root) for entry in files]
    defined = {entry.name for entry in files}
    for name in names:
        if name not in defined:
            newest = versions[name][0]
            about = newest.description
            found.append(AssetView(kind, name, type=newest.type, description=about, versions=versions[name]))
    return found


def _defined(kind: Kind, entry: DefinitionEntry, versions: tuple[VersionView, ...], root: Path) -> AssetView:
    trouble = Trouble(entry.error, place_of(entry.location, root)) if entry.error else None
    return AssetView(
        kind,
        entry.name,
        Path(entry.path),
        entry.version,
        entry.type,
        entry.display_name,
        entry.description,
        trouble,
        versions,
    )


def _versions(workspace: Workspace, kind: AssetKind, name: str) -> tuple[VersionView, ...]:
    return tuple(_version(workspace, asset) for asset in workspace.versions(kind, name, archived=True))


def _version(workspace: Workspace, asset: AssetRecord) -> VersionView:
    size = -1
    if asset.digest:
        try:
            size = workspace.store.size(asset.digest)
        except (StoreError, OSError):
            size = -1
    return VersionView(
        asset.version,
        asset.type,
        asset.labels,
        asset.created_at,
        asset.digest,
        size,
        asset.archived,
        asset.description,
        asset.tags,
        asset.made_by_run,
        asset.made_by_step,
        _place(workspace, asset),
        str(asset.definition.get("uri", "")),
        workspace.whereabouts(asset.digest).host if asset.digest else "",
    )


def _place(workspace: Workspace, asset: AssetRecord) -> Path | None:
    """Content of data and models; the YAML inside the kept bundle of components and environments."""
    if not asset.digest or workspace.whereabouts(asset.digest).host:
        return None
    kept = workspace.content_path(asset.digest)
    file = str(asset.definition.get("file", ""))
    return kept / file if file and asset.kind not in (AssetKind.DATA, AssetKind.MODEL) else kept


def archive(kind: Kind, name: str, version: str, archived: bool) -> Callable[[Workspace], None]:
    """Archives a version, or restores it; every version where `version` is empty."""

    def change(workspace: Workspace) -> None:
        workspace.set_archived(AssetKind(kind.value), name, version, archived)

    return change


def facts(asset: AssetView, version: str = "") -> Callable[[Workspace], Facts]:
    """Reads what a file of an asset says, or what its version says where it has no file (or one is named)."""
    return partial(_facts, asset, version)


def _facts(asset: AssetView, version: str, workspace: Workspace) -> Facts:
    kept = next((each for each in asset.versions if each.name == version), None)
    if kept is None and asset.path is None:
        kept = asset.newest or next(iter(asset.versions), None)
    try:
        if asset.kind in (Kind.DATA, Kind.MODEL):
            return _content_facts(asset, kept, workspace)
        file = kept.path if kept and kept.path else workspace.root / asset.path if asset.path else None
        if file is None:
            return Facts()
        described = workspace.describe(AssetKind(asset.kind.value), file)
    except MlpwError as error:
        source = workspace.root / asset.path if asset.path else None
        return Facts(source=source, trouble=trouble_of(error, workspace.root))
    if isinstance(described, EnvironmentSpec):
        return _environment_facts(described, file, workspace)
    assert not isinstance(described, Place)
    return _component_facts(described, file, workspace.root)


def _component_facts(component: CommandComponent | PipelineComponent, file: Path, root: Path) -> Facts:
    inputs = tuple((name, _input(declared)) for name, declared in component.inputs.items())
    outputs = tuple((name, _said(declared.type or "uri_folder", declared.description))
                    for name, declared in component.outputs.items())  # fmt: skip
    tables = [("inputs", inputs), ("outputs", outputs)]
    if isinstance(component, PipelineComponent):
        steps = tuple((name, step.component.display_name or step.reference) for name, step in component.steps.items())
        return Facts((("steps", steps), *tables), source=file)
    about = [("kind", component.kind)] if component.kind != "command" else []
    about += [("code", _inside(component.code, root))] if component.code else []
    about += [("environment", component.environment.name)] if component.environment else []
    about += [] if component.is_deterministic else [("reuse", "never: is_deterministic is false")]
    about += [("note", component.unsupported)] if component.unsupported else []
    command = component.command.text if component.command else ""
    return Facts((("", tuple(about)), *tables), command.strip(), source=file)


def _input(declared: InputDeclaration) -> str:
    words = [declared.type or "any"]
    if declared.default is not None:
        words.append(f"= {declared.default.text}")
    elif declared.optional:
        words.append("optional")
    if declared.minimum is not None or declared.maximum is not None:
        least, most = (bound.text if bound else "" for bound in (declared.minimum, declared.maximum))
        words.append(f"{least}..{most}")
    if declared.enum:
        words.append("one of " + ", ".join(declared.enum))
    return _said(" ".join(words), declared.description)


def _said(words: str, description: str) -> str:
    return f"{words} · {description}" if description else words


def _environment_facts(spec: EnvironmentSpec, file: Path, workspace: Workspace) -> Facts:
    about = [("image", spec.image)] if spec.image else []
    about += [("python", spec.python)] if spec.python else []
    if spec.build_context:
        about.append(("Dockerfile", _inside(Path(spec.build_folder, spec.dockerfile or "Dockerfile"), workspace.root)))
    built = workspace.built(spec)
    if built is None:
        about.append(("built", "not yet; a run that needs it builds it"))
    else:
        about += [("built", f"Python {built.python}"), ("folder", _inside(built.path, workspace.root))]
        about.append(("last used", units.moment(built.last_used)))
        about += [("note", remark) for remark in built.remarks]
    log = workspace.build_log(spec)
    variables = tuple(spec.environment_variables.items())
    tables = [
        ("", tuple(about)),
        ("conda", tuple(map(_requirement, spec.conda))),
        ("pip", tuple(map(_requirement, spec.packages))),
        ("local packages", tuple((package.written, package.digest[:12]) for package in spec.local_packages)),
        ("variables", variables),
    ]
    shown = tuple((title, rows) for title, rows in tables if rows)
    return Facts(shown, source=file, build_log=log if log.exists() else None)


def _requirement(line: str) -> tuple[str, str]:
    name, version = split_requirement(line)
    return name, version or "any"


def environment_size(asset: AssetView) -> Callable[[Workspace], int]:
    """Measures the built environment of an asset, -1 when it is not built; walks all its files."""

    def measure(workspace: Workspace) -> int:
        kept = asset.newest
        file = workspace.root / asset.path if asset.path else kept.path if kept else None
        spec = workspace.describe(AssetKind.ENVIRONMENT, file) if file else None
        return workspace.built_size(spec) if isinstance(spec, EnvironmentSpec) else -1

    return measure


def _content_facts(asset: AssetView, kept: VersionView | None, workspace: Workspace) -> Facts:
    source = workspace.root / asset.path if asset.path else None
    if kept is None:
        assert asset.path is not None
        place = workspace.describe(AssetKind(asset.kind.value), asset.path)
        assert isinstance(place, Place)
        content = Path(place.path) if place.path else workspace.content_path(place.digest) if place.digest else None
        about = [("path", _inside(content, workspace.root) if content else place.uri)]
    elif kept.host:
        return _far_facts(asset, kept, source, workspace)
    else:
        content = kept.path
        about = [("path", _inside(content, workspace.root) if content else kept.uri)]
    if content is None:
        return Facts((("", tuple(about)),), source=source)
    if not content.exists():
        return Facts((("", (*about, ("note", "nothing lies there now"))),), source=source)
    listing = tuple(_listing(content)) if content.is_dir() else ()
    size = sum(each for _, each in listing) if content.is_dir() else content.stat().st_size
    more = len(listing) == _SHOWN_FILES
    if kept is None or kept.size < 0:
        about.append(("size", f"{'more than ' if more else ''}{units.size(size)}"))
    about += [("files", f"{'more than ' if more else ''}{len(listing):,}")] if content.is_dir() else []
    tables = [("", tuple(about))]
    table = content / "MLTable"
    if table.is_file():
        tables.append(("MLTable", tuple(("", line) for line in _first_lines(table))))
    columns = _columns(content if content.is_file() else content / listing[0][0] if listing else content)
    tables += [("columns", tuple((str(number), name) for number, name in enumerate(columns, 1)))] if columns else []
    return Facts(tuple(tables), source=source, content=content, listing=listing, text=_text(content, listing))


def _far_facts(asset: AssetView, kept: VersionView, source: Path | None, workspace: Workspace) -> Facts:
    """Content that only a host has."""
    name = f"{asset.name}:{kept.name}"
    is_folder = workspace.store.manifests.has(kept.digest)
    twin = (f"{asset.kind.value}:{name}",)
    far = FileEntry(Path(), name, is_folder, kept.size, host=kept.host, digest=kept.digest, twin=twin)
    about = (("path", f"on {kept.host}, where it was made; its files fetch it"),)
    return Facts((("", about),), source=source, far=far)


def _listing(folder: Path) -> Iterator[tuple[str, int]]:
    """Files below a folder with their sizes, by path; no more than can be looked through."""
    left = _SHOWN_FILES
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            try:
                yield str(path.relative_to(folder)), path.lstat().st_size
            except OSError:
                continue
            left -= 1
            if not left:
                return


def _first_lines(file: Path) -> list[str]:
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            return [line.rstrip("\n")[:200] for line, _ in zip(text, range(_SHOWN_LINES), strict=False)]
    except OSError:
        return []


def _columns(file: Path) -> list[str]:
    """The names in the first line of a file of separated values."""
    import csv

    separators = {".csv": ",", ".tsv": "\t"}
    if file.suffix.lower() not in separators or not file.is_file():
        return []
    first = _first_lines(file)[:1]
    try:
        return next(csv.reader(first, delimiter=separators[file.suffix.lower()]), []) if first else []
    except csv.Error:
        return []


def _text(content: Path, listing: tuple[tuple[str, int], ...]) -> Path | None:
    """The file to look into: the content itself, or the first file in it; nothing that is no text."""
    file = content if content.is_file() else content / listing[0][0] if listing else None
    if file is None:
        return None
    try:
        with file.open("rb") as opened:
            return None if b"\0" in opened.read(4096) else file
    except OSError:
        return None


def _inside(path: str | Path, root: Path) -> str:
    path = Path(path)
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def uses(pipeline: str) -> Callable[[Workspace], Uses]:
    """Reads what a pipeline refers to; nothing for one that cannot be read."""
    return partial(_uses, pipeline)


def _uses(pipeline: str, workspace: Workspace) -> Uses:
    try:
        graph = workspace.graph(workspace.root / pipeline)
    except MlpwError:
        return Uses(pipeline)
    found: set[str] = set()
    for step in graph.steps.values():
        for binding in step.inputs.values():
            if isinstance(binding, DataInput):
                found.update((binding.path, binding.digest, binding.uri))
    names = frozenset(step.environment.name for step in graph.steps.values())
    files = frozenset(_inside(source, workspace.root) for source in graph.sources)
    return Uses(pipeline, files, frozenset(found - {""}), names)


def run_exists(number: int) -> Callable[[Workspace], bool]:
    """Whether a run is still remembered."""

    def look(workspace: Workspace) -> bool:
        try:
            workspace.run(number)
        except NotFoundError:
            return False
        return True

    return look


def users_of(asset: AssetView, content: Path | None, uses_of: list[Uses]) -> list[str]:
    """The pipelines that refer to an asset: by its file, its content, its address or its name."""
    file = str(asset.path) if asset.path else ""
    marks = {version.digest for version in asset.versions} | {str(content) if content else ""}
    found = []
    for each in uses_of:
        named = any(_names(uri, asset.name) for uri in each.data) if asset.kind in (Kind.DATA, Kind.MODEL) else False
        environment = asset.kind is Kind.ENVIRONMENT and asset.name in each.environments
        if file in each.files or (marks - {""}) & each.data or (asset.name and (named or environment)):
            found.append(each.pipeline)
    return found


def _names(uri: str, name: str) -> bool:
    body = uri.removeprefix("azureml:")
    return body != uri and body.partition("@")[0].partition(":")[0] == name


def with_note(found: Facts, label: str, text: str) -> Facts:
    """The facts with one more line at the end of the first table."""
    title, rows = found.tables[0] if found.tables else ("", ())
    return replace(found, tables=((title, (*rows, (label, text))), *found.tables[1:]))
