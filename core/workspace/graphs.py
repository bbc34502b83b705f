"""From a pipeline's file to its graph, which is remembered as long as the files it was made from stay the same."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import core
from core.definitions.environment import BuiltFrom
from core.definitions.places import are_there_still
from core.errors import MlpwError
from core.planning.graph import DataInput, Graph
from core.planning.graph_json import graph_from_json, graph_to_json
from core.store.remembered import forget, recall, remember
from core.workspace.folder import SETTINGS_FILE
from core.workspace.signs import Sign, are_unchanged, settled_signs

if TYPE_CHECKING:
    from core.definitions.catalog import CatalogEntry
    from core.definitions.components import PipelineDefinition
    from core.workspace.workspace import Workspace

Lookup = tuple[str, str, str, str]
#: What is known beside so many graphs is kept: whoever submits one loaded it just before.
_MOST_KNOWN = 8


@dataclass(frozen=True, slots=True)
class _Known:
    """A graph, kept so that its id stays its own, as JSON, and whether it depends on what is registered."""

    graph: Graph
    text: str
    asked: bool


@dataclass(slots=True)
class Graphs:
    """The graphs of one workspace, remembered in its cache folder."""

    workspace: Workspace
    _known: dict[int, _Known] = field(default_factory=dict)

    def load(self, pipeline: Path, changes: Sequence[tuple[str, str]]) -> Graph:
        """See `Workspace.graph`."""
        name = json.dumps(["graph", os.path.abspath(pipeline), list(changes)])
        return self._recalled(name) or self._read(name, pipeline, changes)

    def text(self, graph: Graph) -> str:
        """The graph as JSON, which a remembered one has already."""
        known = self._known.get(id(graph))
        if known is None:
            known = self._know(graph, graph_to_json(graph), asked=True)
        return known.text

    def asked_catalog(self, graph: Graph) -> bool:
        """Whether the graph depends on what is registered."""
        known = self._known.get(id(graph))
        return known is None or known.asked

    def _know(self, graph: Graph, text: str, *, asked: bool) -> _Known:
        found = self._known[id(graph)] = _Known(graph, text, asked)
        while len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]
        return found

    def _same(self, text: str, *, asked: bool) -> Graph | None:
        """The graph that is known by this text: who plans again and again keeps one."""
        same = next((known for known in self._known.values() if known.text == text and known.asked == asked), None)
        return same.graph if same is not None else None

    def _recalled(self, name: str) -> Graph | None:
        found = recall(self.workspace.layout, name)
        if found is None:
            return None
        about, text = found
        try:
            signs, lookups = about["signs"], about["lookups"]
            if about["version"] != core.__version__ or not are_unchanged(signs) or not are_there_still(about["seen"]):
                return None
            if any(self._answer(tuple(asked)) != answer for asked, answer in lookups):
                return None
            graph = self._same(text, asked=bool(lookups)) or graph_from_json(text)
        except (KeyError, TypeError, ValueError):
            forget(self.workspace.layout, name)
            return None
        if not _paths_exist(graph, about["seen"]) or not all(map(is_as_it_was, built_from(graph))):
            return None
        self._know(graph, text, asked=bool(lookups))
        return graph

    def definition(self, pipeline: Path, changes: Sequence[tuple[str, str]]) -> PipelineDefinition:
        """The pipeline as it is written, with values set; read anew, and not remembered.

        Raises DefinitionError.
        """
        from core.definitions.pipeline_loader import load_pipeline

        return load_pipeline(pipeline, changes=changes, root=self.workspace.root, catalog=self._catalog())

    def check(self, pipeline: Path, changes: Sequence[tuple[str, str]]) -> None:
        """Read and resolve a pipeline with values set, for its errors alone.

        Raises DefinitionError.
        """
        from core.planning.resolve import resolve

        resolve(self.definition(pipeline, changes))

    def _read(self, name: str, pipeline: Path, changes: Sequence[tuple[str, str]]) -> Graph:
        from core.definitions.pipeline_loader import load_pipeline
        from core.planning.resolve import resolve

        catalog = self._catalog()
        definition = load_pipeline(pipeline, changes=changes, root=self.workspace.root, catalog=catalog)
        graph = resolve(definition)
        text = graph_to_json(graph)
        graph = self._same(text, asked=bool(catalog.asked)) or graph
        self._know(graph, text, asked=bool(catalog.asked))
        signs = self._signs(graph)
        if self.workspace.is_kept and signs is not None:
            lookups = [(asked, self._answer(asked)) for asked in catalog.asked]
            about = {"version": core.__version__, "signs": signs, "lookups": lookups, "seen": definition.seen}
            remember(self.workspace.layout, name, about, text)
        return graph

    def _signs(self, graph: Graph) -> dict[str, Sign] | None:
        """Of every file that was read, None while one is young; what environments are built from has digests."""
        return settled_signs({*graph.made_from(), str(self.workspace.root / SETTINGS_FILE)})

    def _catalog(self) -> _AskedCatalog:
        return _AskedCatalog(self.workspace)

    def _answer(self, asked: Lookup) -> str:
        """What a lookup in the catalog gives now, as a text to compare."""
        from core.definitions.stand_ins import is_registered  # few graphs ask for a name

        kind, name, version, label = asked
        catalog = self._catalog()
        try:
            found = catalog.find(kind, name, version=version, label=label)
        except MlpwError:
            return ""
        if found is None:  # a definition stands in for a name as long as no version of it is known, archived or not
            return str(is_registered(kind, name, catalog))
        return f"{found.version} {found.digest} {found.archived} {found.folder}"


class _AskedCatalog:
    """The workspace's catalog, keeping what it was asked for."""

    def __init__(self, workspace: Workspace) -> None:
        from core.workspace.catalog import WorkspaceCatalog

        self._catalog = WorkspaceCatalog(workspace.records, workspace.store)
        self.asked: list[Lookup] = []
        self.names = self._catalog.names
        self.curated = self._catalog.curated
        self.curated_names = self._catalog.curated_names

    def find(self, kind: str, name: str, *, version: str = "", label: str = "") -> CatalogEntry | None:
        """As the catalog's own."""
        self.asked.append((kind, name, version, label))
        return self._catalog.find(kind, name, version=version, label=label)


def built_from(graph: Graph) -> set[BuiltFrom]:
    """What the environments of a graph's steps are built from."""
    return {each for step in graph.steps.values() for each in step.environment.built_from}


def is_as_it_was(place: BuiltFrom) -> bool:
    """Whether what counts there is what it was."""
    from core.definitions.built_folders import content_digest  # few environments have local parts

    try:
        return content_digest(place.path, place.dockerfile) == place.digest
    except OSError:
        return False


def _paths_exist(graph: Graph, seen: Collection[str]) -> bool:
    """A path that is gone is an error the loader words best; those that were `seen` are there still."""
    paths = {step.code for step in graph.steps.values() if step.code}
    for step in graph.steps.values():
        for binding in step.inputs.values():
            if isinstance(binding, DataInput) and binding.path and not binding.late:
                paths.add(binding.path)
    return all(map(os.path.exists, paths.difference(seen)))
