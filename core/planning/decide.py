"""The decision: which steps must run, and why. One function for `mlpw plan`, the engine and the graph's colours."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from core.definitions.environment import BuiltFrom
from core.planning.code_use import CodeUse, Files, NewestUse, content_of, files_of, identity_of, shape_of
from core.planning.fingerprint import differences, fingerprint_of, parts_of, place_of_include, unopened_changes
from core.planning.graph import DataInput, Graph, Step, StepOutput
from core.planning.plan import Decision, NotSelected, Plan, Stale, UpToDate, Waiting
from core.planning.reasons import Reason, ReasonKind
from core.planning.selection import Selection
from core.planning.trace import Parts, Trace


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that failed in a run, from what, and what it had used of its code (None: all of it counts)."""

    run: int
    parts: Parts
    use: CodeUse | None


class Facts(Protocol):
    """What a decision needs to know of the world; looked up once, before or while deciding."""

    def code_digest(self, path: str) -> str:
        """Digest of the code at an absolute path."""

    def data_digest(self, data: DataInput) -> str:
        """Digest of the data's content, "" when it is not there."""

    def trace(self, fingerprint: str) -> Trace | None:
        """The result kept under a fingerprint."""

    def latest(self, step: str) -> Trace | None:
        """The step's newest result in this pipeline, whatever it was made from."""

    def parts(self, fingerprint: str) -> Parts | None:
        """What a kept result was made from."""

    def opened_by(self, identity: str) -> Collection[tuple[str, ...]]:
        """Which files the steps of an identity (all but the content of their code) opened, each set once."""

    def trace_by_content(self, identity: str, opened: tuple[str, ...], content: str) -> Trace | None:
        """The newest result of such a step that found this content in the files it opened."""

    def code_use(self, fingerprint: str) -> CodeUse | None:
        """What a kept result's step used of its code, None when nobody looked."""

    def newest_use(self, step: str) -> NewestUse | None:
        """What a step's newest result used of its code, None when it is as well to ask for each by itself."""

    def failed_in(self, fingerprint: str) -> int:
        """The newest run in which exactly this failed, 0 for none."""

    def last_failure(self, step: Step) -> Failure | None:
        """How the step failed when it was tried last in this pipeline; None when it did not, or nobody knows how."""

    def missing(self, digests: Collection[str]) -> Collection[str]:
        """Those digests whose content the store does not have."""

    def manifest(self, digest: str) -> Mapping[str, str] | None:
        """Files of a folder by path, when remembered."""

    def know_places(self, built_from: Iterable[BuiltFrom]) -> None:
        """From now on `manifest` is asked of these, too, which lie where their environment says."""


#: What a step's output port is known to hold: digest by (step, port).
Produced = Mapping[tuple[str, str], str]


#: A step's code: places and digests.
_Code = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Planner:
    """Decides the steps of one graph; `produced` grows as results become known.

    The engine keeps one for the length of a run and asks again about a step when its producers are settled.
    """

    graph: Graph
    selection: Selection
    facts: Facts
    produced: dict[tuple[str, str], str] = field(default_factory=dict)
    selected: frozenset[str] = field(init=False)
    forced: frozenset[str] = field(init=False)
    _files: dict[_Code, tuple[Files, str] | None] = field(default_factory=dict)
    _differing: dict[tuple[_Code, _Code], tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.redefine(self.graph)

    def redefine(self, graph: Graph) -> None:
        """Decide by another graph from now on; what is known to be made stays known.

        Raises UsageError when a step that was asked for is not in it.
        """
        self.selected, self.forced = self.selection.steps(graph), self.selection.forced(graph)
        self.graph = graph

    def plan(self, known: Mapping[str, Decision] | None = None) -> Plan:
        """Decide every step in order; what is up to date becomes known to its consumers.

        `known` are decisions of an earlier plan that nothing can have changed.
        """
        unsettled: set[str] = set()
        decisions: dict[str, Decision] = {}
        for step in self.graph.steps.values():
            decision = known.get(step.name) if known else None
            decision = decision or self.decide(step, [p for p in sorted(step.producers()) if p in unsettled])
            if isinstance(decision, Stale | Waiting):
                unsettled.add(step.name)
            elif decision.trace is not None:
                self.settle(step.name, decision.trace.outputs)
            decisions[step.name] = decision
        return Plan(decisions)

    def plan_again(self, plan: Plan, names: Iterable[str], known: Mapping[str, Decision]) -> Plan:
        """An earlier plan of the same graph with the steps `names`, in graph order, decided anew.

        `known` are decisions to be taken in besides. All that such steps hand on must be among the names.
        """
        decisions = {**plan.decisions, **known}
        again = dict.fromkeys(names)
        for name, decision in decisions.items():
            if isinstance(decision, UpToDate | NotSelected) and decision.trace is not None and name not in again:
                self.settle(name, decision.trace.outputs)
        for name in again:
            step = self.graph.steps[name]
            unsettled = [p for p in sorted(step.producers()) if isinstance(decisions[p], Stale | Waiting)]
            decision = decisions[name] = self.decide(step, unsettled)
            if isinstance(decision, UpToDate | NotSelected) and decision.trace is not None:
                self.settle(name, decision.trace.outputs)
        return Plan(decisions)

    def settle(self, step: str, outputs: Mapping[str, str]) -> None:
        """Make a step's outputs known, digests by port."""
        self.produced.update({(step, port): digest for port, digest in outputs.items()})

    def decide(self, step: Step, unsettled_producers: Collection[str]) -> Decision:
        """Decide one step; `unsettled_producers` are those whose outputs are not known yet."""
        if step.name not in self.selected:
            return NotSelected(self._best_trace(step, bool(unsettled_producers)))
        if unsettled_producers:
            return self._waiting(step, tuple(unsettled_producers))
        data = self._data(step)
        absent = _absent(step, data)
        if absent:
            return Stale((*self._forced_reasons(step), *absent), "")
        parts = self._parts(step, data)
        fingerprint = fingerprint_of(parts)
        forced = self._forced_reasons(step)
        if forced:
            return Stale(forced, fingerprint)
        trace = self.facts.trace(fingerprint) or self._trace_by_use(step, parts)
        if trace is None:
            return Stale(self._explain(step, parts, fingerprint), fingerprint)
        removed = self.facts.missing(trace.digests())
        if removed:
            ports = tuple(port for port, digest in trace.outputs.items() if digest in removed)
            return Stale((Reason(ReasonKind.OUTPUT_REMOVED, names=ports or ("artifacts",)),), fingerprint)
        return UpToDate(trace, self._unopened(step, trace, parts) if trace.fingerprint != fingerprint else ())

    def fingerprint(self, step: Step) -> tuple[str, Parts]:
        """The step's fingerprint and its parts; its producers must be settled."""
        parts = self._parts(step, self._data(step))
        return fingerprint_of(parts), parts

    def code_use(self, step: Step, latest: Trace) -> CodeUse:
        """What counts of the code when a change is worded."""
        if step.code_tracking != "opened":
            return CodeUse(note="code_tracking is folder")
        return self.facts.code_use(latest.fingerprint) or CodeUse(note="nobody noted what it opened when it ran")

    def known_parts(self, step: Step) -> Parts:
        """What the step is made from as far as that is known: nothing of what its unsettled producers make."""
        return self._parts(step, self._data(step))

    def _trace_by_use(self, step: Step, parts: Parts) -> Trace | None:
        """A result made from other code that differs in nothing but files which the step did not open."""
        code = parts["code"]
        if not code or step.code_tracking != "opened":
            return None
        key = tuple(code.items())
        if key not in self._files:
            found = files_of(code, self.facts.manifest)
            self._files[key] = None if found is None else (found, shape_of(found))
        known = self._files[key]
        if known is None:
            return None
        files, shape = known
        identity = identity_of(parts, shape)
        newest = self.facts.newest_use(step.name)
        if newest is not None and newest.use == CodeUse(
            identity, newest.use.opened, content_of(newest.use.opened, files)
        ):
            return newest.trace
        for opened in self.facts.opened_by(identity):
            trace = self.facts.trace_by_content(identity, opened, content_of(opened, files))
            if trace is not None:
                return trace
        return None

    def _unopened(self, step: Step, trace: Trace, parts: Parts) -> tuple[str, ...]:
        newest = self.facts.newest_use(step.name)
        is_newest = newest is not None and newest.trace.fingerprint == trace.fingerprint
        before = {"code": newest.code} if newest is not None and is_newest else self.facts.parts(trace.fingerprint)
        if before is None:
            return ()
        key = (tuple(before["code"].items()), tuple(parts["code"].items()))
        if key not in self._differing:  # steps that share their code share this too
            self._differing[key] = unopened_changes(before, parts, self.facts.manifest)
        return self._differing[key]

    def changes_since(self, step: Step, before: Parts, use: CodeUse | None = None) -> tuple[Reason, ...]:
        """How a step differs from an earlier one of these parts; its producers must be settled.

        Of its code counts what the earlier one used; where that is not known, what its newest result's step opened,
        which is a guess; all of it when there is none.
        """
        latest = None if use is not None else self.facts.latest(step.name)
        use = self.code_use(step, latest) if latest is not None else use
        return self._differences(step, before, self.fingerprint(step)[1], use)

    def code_of(self, step: Step) -> Mapping[str, str]:
        """Digests of the step's code by place, as in its parts."""
        return self._parts(step, {})["code"]

    def _parts(self, step: Step, data: Mapping[str, str]) -> Parts:
        code = self.facts.code_digest(step.code) if step.code else ""
        includes = {place_of_include(path): self.facts.code_digest(path) for path in step.code_includes}
        return parts_of(step, code, data, includes)

    def _data(self, step: Step) -> dict[str, str]:
        """Digest by input, "" for data that are not there; an optional input whose producer made nothing is absent.

        Asked once for a decision: data may come and go meanwhile.
        """
        digests: dict[str, str] = {}
        for name, binding in step.inputs.items():
            if isinstance(binding, DataInput):
                digests[name] = self.facts.data_digest(binding)
            elif isinstance(binding, StepOutput):
                digest = self.produced.get((binding.step, binding.port))
                if digest is not None:
                    digests[name] = digest
        return digests

    def _forced_reasons(self, step: Step) -> tuple[Reason, ...]:
        if step.name in self.forced:
            return (Reason(ReasonKind.FORCED),)
        if self.graph.settings.force_rerun:
            return (Reason(ReasonKind.FORCE_RERUN),)
        if not step.is_deterministic:
            return (Reason(ReasonKind.NOT_DETERMINISTIC),)
        return ()

    def _waiting(self, step: Step, on: tuple[str, ...]) -> Decision:
        """A forced step is sure to run; of another only its own changes are known so far."""
        forced = self._forced_reasons(step)
        if forced:
            return Stale(forced, "")
        own = self._own_changes(step)
        return Waiting(on, (Reason(ReasonKind.WAITS_FOR, names=on), *own))

    def _own_changes(self, step: Step) -> tuple[Reason, ...]:
        latest = self.facts.latest(step.name)
        before = self.facts.parts(latest.fingerprint) if latest else None
        if latest is None or before is None:
            return (Reason(ReasonKind.NEVER_RUN),)
        data = self._data(step)
        there = {name: digest for name, digest in data.items() if digest}
        known = {**before, "inputs": {n: d for n, d in before.get("inputs", {}).items() if n in there}}
        changes = self._differences(step, known, self._parts(step, there), self.code_use(step, latest))
        return (*_absent(step, data), *changes)

    def _explain(self, step: Step, parts: Parts, fingerprint: str) -> tuple[Reason, ...]:
        failed = self.facts.failed_in(fingerprint) or self._failed_alike(step, parts)
        if failed:
            return (Reason(ReasonKind.FAILED_BEFORE, str(failed)),)
        latest = self.facts.latest(step.name)
        before = self.facts.parts(latest.fingerprint) if latest else None
        if latest is None or before is None:
            return (Reason(ReasonKind.NEVER_RUN),)
        found = self._differences(step, before, parts, self.code_use(step, latest))
        return found or (Reason(ReasonKind.NEVER_RUN),)

    def _failed_alike(self, step: Step, parts: Parts) -> int:
        """The run in which the step failed last, when nothing differs since but files that it did not open; else 0."""
        failure = self.facts.last_failure(step)
        if failure is None or differences(failure.parts, parts, self.facts.manifest, {}, failure.use):
            return 0
        return failure.run

    def _differences(self, step: Step, before: Parts, after: Parts, use: CodeUse | None) -> tuple[Reason, ...]:
        self.facts.know_places(step.environment.built_from)
        return differences(before, after, self.facts.manifest, _file_names(step), use)

    def _best_trace(self, step: Step, unsettled: bool) -> Trace | None:
        """What others may take of a step that was not selected: its current result, else its newest."""
        data = {} if unsettled else self._data(step)
        if not unsettled and not _absent(step, data):
            parts = self._parts(step, data)
            fingerprint = fingerprint_of(parts)
            current = self.facts.trace(fingerprint) or self._trace_by_use(step, parts)
            if current is not None and not self.facts.missing(current.digests()):
                return current
        latest = self.facts.latest(step.name)
        return latest if latest is not None and not self.facts.missing(latest.digests()) else None


def _absent(step: Step, data: Mapping[str, str]) -> tuple[Reason, ...]:
    """Which of the step's data are not there."""
    return tuple(
        Reason(ReasonKind.INPUT_MISSING, name, after=binding.uri or binding.path)
        for name, binding in step.inputs.items()
        if isinstance(binding, DataInput) and not data[name]
    )


def _file_names(step: Step) -> dict[str, str]:
    """Input -> the file's name, for saying which file changed."""
    return {n: b.path.rsplit("/", 1)[-1] for n, b in step.inputs.items() if isinstance(b, DataInput)}
