"""A folder of YAML to load pipelines from, for tests of the language."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.definitions.catalog import Catalog, CatalogEntry
from core.definitions.components import PipelineDefinition
from core.definitions.environment import EnvironmentSpec
from core.definitions.pipeline_loader import load_pipeline
from core.errors import MlpwError
from core.planning.graph import Graph
from core.planning.resolve import resolve

#: A component with a number, data and an output, as most tests need.
TRAIN = """
name: train
type: command
inputs:
  data: {type: uri_folder}
  rate: {type: number, default: 0.1}
outputs:
  model: {type: uri_folder}
environment: {image: python}
command: python train.py ${{inputs.data}} ${{inputs.rate}} ${{outputs.model}}
"""


@dataclass
class Desk:
    """A workspace being written: `write` files, then ask for the `graph` or the `error` of a pipeline."""

    root: Path
    catalog: Catalog | None = None

    def write(self, path: str, text: str = "") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"))
        return file

    def define(self, text: str = "", *changes: tuple[str, str], path: str = "pipeline.yml") -> PipelineDefinition:
        if text:
            self.write(path, text)
        return load_pipeline(self.root / path, changes=changes, root=self.root, catalog=self.catalog)

    def graph(self, text: str = "", *changes: tuple[str, str], path: str = "pipeline.yml") -> Graph:
        return resolve(self.define(text, *changes, path=path))

    def error(self, text: str = "", *changes: tuple[str, str], path: str = "pipeline.yml") -> str:
        with pytest.raises(MlpwError) as raised:
            self.graph(text, *changes, path=path)
        assert raised.value.exit_code == 2
        return str(raised.value)

    def notices(self, text: str = "", path: str = "pipeline.yml") -> list[str]:
        return [str(notice) for notice in self.graph(text, path=path).notices]


@dataclass
class Registered:
    """A catalog that holds what a test puts in it."""

    entries: Mapping[tuple[str, str], Sequence[CatalogEntry]] = field(default_factory=dict)
    environments: Mapping[str, EnvironmentSpec] = field(default_factory=dict)

    def find(self, kind: str, name: str, *, version: str = "", label: str = "") -> CatalogEntry | None:
        found = self.entries.get((kind, name), ())
        if version:
            return next((entry for entry in found if entry.version == version), None)
        return next((entry for entry in reversed(found) if not entry.archived), None) if label == "latest" else None

    def names(self, kind: str) -> Sequence[str]:
        return [
            f"{name}:{entry.version}" for (of, name), found in self.entries.items() if of == kind for entry in found
        ]

    def curated(self, reference: str) -> EnvironmentSpec | None:
        return self.environments.get(reference)

    def curated_names(self) -> Sequence[str]:
        return list(self.environments)
