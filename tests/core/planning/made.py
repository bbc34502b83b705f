"""Graphs and facts in memory, for deciding without a disk."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.definitions.environment import BuiltFrom
from core.planning.code_use import CodeUse, NewestUse, code_use, files_of
from core.planning.decide import Failure, Planner
from core.planning.fingerprint import fingerprint_of, parts_of
from core.planning.graph import DataInput, Graph, OutputPort, Settings, Step, StepOutput
from core.planning.selection import EVERYTHING, Selection
from core.planning.trace import Parts, Trace
from tests.support.bench import in_words


@dataclass
class World:
    """What a planner may ask; `code` and `data` are digests by path, `opens` what steps open of their code."""

    code: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    traces: dict[str, Trace] = field(default_factory=dict)
    newest: dict[str, Trace] = field(default_factory=dict)
    made_from: dict[str, Parts] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    manifests: dict[str, Mapping[str, str]] = field(default_factory=dict)
    uses: dict[str, CodeUse] = field(default_factory=dict)
    opens: tuple[str, ...] = ()
    failures: dict[str, Failure] = field(default_factory=dict)

    def code_digest(self, path: str) -> str:
        return self.code[path]

    def data_digest(self, data: DataInput) -> str:
        return data.digest or self.data.get(data.path, "")

    def trace(self, fingerprint: str) -> Trace | None:
        return self.traces.get(fingerprint)

    def latest(self, step: str) -> Trace | None:
        return self.newest.get(step)

    def parts(self, fingerprint: str) -> Parts | None:
        return self.made_from.get(fingerprint)

    def opened_by(self, identity: str) -> Collection[tuple[str, ...]]:
        return {use.opened for use in self.uses.values() if use.identity == identity and not use.note}

    def trace_by_content(self, identity: str, opened: tuple[str, ...], content: str) -> Trace | None:
        wanted = CodeUse(identity, opened, content)
        found = [self.traces[fingerprint] for fingerprint, use in self.uses.items() if use == wanted]
        return found[-1] if found else None

    def code_use(self, fingerprint: str) -> CodeUse | None:
        return self.uses.get(fingerprint)

    def newest_use(self, step: str) -> NewestUse | None:
        return None

    def failed_in(self, fingerprint: str) -> int:
        return self.failed.get(fingerprint, 0)

    def last_failure(self, step: Step) -> Failure | None:
        return self.failures.get(step.name)

    def missing(self, digests: Collection[str]) -> Collection[str]:
        return set(digests) & self.gone

    def manifest(self, digest: str) -> Mapping[str, str] | None:
        assert digest, "nobody can know what lies in what is not there"
        return self.manifests.get(digest)

    def know_places(self, built_from: Iterable[BuiltFrom]) -> None:
        """Manifests are given."""

    def planner(self, graph: Graph, selection: Selection = EVERYTHING) -> Planner:
        return Planner(graph, selection, self)

    def plan(self, graph: Graph, selection: Selection = EVERYTHING) -> dict[str, str]:
        return in_words(self.planner(graph, selection).plan())

    def run(self, graph: Graph, outputs: Mapping[str, str] | None = None) -> None:
        """Have every step run once; its output's digest is "NAME:1" unless given."""
        planner = self.planner(graph)
        for step in graph.steps.values():
            fingerprint, parts = planner.fingerprint(step)
            made = (outputs or {}).get(step.name, f"{step.name}:1")
            trace = Trace(fingerprint, dict.fromkeys(step.outputs, made), graph.name, step.name, 1, 1)
            self.traces[fingerprint] = self.newest[step.name] = trace
            self.made_from[fingerprint] = parts
            files = files_of(parts["code"], self.manifest)
            if parts["code"] and files is not None:
                self.uses[fingerprint] = code_use(parts, files, self.opens)
            planner.settle(step.name, trace.outputs)


def chain(**changes: Any) -> Graph:
    """prepare -> train -> report; `changes` replace fields of train."""
    out = {"out": OutputPort("uri_folder")}
    fields: dict[str, Any] = {
        "command": "train",
        "code": "/src",
        "inputs": {"x": StepOutput("prepare", "out", "uri_folder")},
        "outputs": out,
    }
    return graph_of(
        Step("prepare", "prepare", inputs={"raw": DataInput("/raw", "uri_folder")}, outputs=out),
        Step("train", **(fields | changes)),
        Step("report", "report", inputs={"x": StepOutput("train", "out", "uri_folder")}, outputs=out),
    )


def graph_of(*steps: Step, **settings: Any) -> Graph:
    return Graph("chain", "/chain.yml", {step.name: step for step in steps}, settings=Settings(**settings))


def fingerprint(step: Step, code: str = "c", data: Mapping[str, str] | None = None) -> str:
    return fingerprint_of(parts_of(step, code, data or {}))
