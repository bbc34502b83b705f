"""What a step is made from now against what its last result was made from, change by change."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.engine.facts import WorldFacts
from core.errors import NotFoundError, did_you_mean
from core.planning.code_use import Files, outside_of, under
from core.planning.decide import Planner
from core.planning.fingerprint import is_digest
from core.planning.graph import DataInput, Graph, Step, StepOutput
from core.planning.plan import Decision, NotSelected, Plan, Stale, UpToDate, Waiting
from core.planning.reasons import not_opened
from core.planning.selection import EVERYTHING, Selection, named_steps
from core.planning.trace import Parts, Trace
from core.store.small_texts import MOST_BYTES as _SMALL
from core.workspace.comparison import FileChange, Topic
from core.workspace.text_diff import MOST_BYTES, TextDiff, file_diff, text_diff

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

_MOST_FILES = 200
#: Lines of all files of one asking together; what comes later is told without its lines.
_MOST_LINES = 20_000
_GONE = "what it was before is not kept"


@dataclass(frozen=True, slots=True)
class StepDiff:
    """A step with what changed since the run `since` made its last result (0 when there is none).

    `note` says why there are no changes, or that there are more.
    """

    step: str
    decision: Decision
    since: int = 0
    changes: tuple[FileChange, ...] = ()
    note: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The plan's, in words."""
        match self.decision:
            case UpToDate(unopened=unopened):
                return (not_opened(unopened),) if unopened else ()
            case Stale(reasons=reasons) | Waiting(reasons=reasons):
                return tuple(map(str, reasons))
            case NotSelected():
                return ("not selected",)


@dataclass(frozen=True, slots=True)
class SharedChange:
    """One change, the steps that it is the same for, and those that did not open what changed."""

    change: FileChange
    steps: tuple[str, ...] = ()
    unopened_by: tuple[str, ...] = ()


def shared(diffs: Collection[StepDiff]) -> tuple[SharedChange, ...]:
    """Every change once, for steps that share a folder of code share its changes; last those that nobody opened."""
    steps: dict[FileChange, tuple[list[str], list[str]]] = {}
    for diff in diffs:
        for change in diff.changes:
            opened, unopened = steps.setdefault(replace(change, step="", run=0, counts=True), ([], []))
            (opened if change.counts else unopened).append(diff.step)
    found = [SharedChange(change, tuple(opened), tuple(other)) for change, (opened, other) in steps.items()]
    return tuple(sorted(found, key=lambda both: not both.steps))


def step_diffs(
    workspace: Workspace, graph: Graph, selection: Selection = EVERYTHING, steps: Collection[str] = ()
) -> tuple[StepDiff, ...]:
    """What changed of steps since their last results, in graph order; of all that would run when none is named.

    Raises UsageError for a step that is not there.
    """
    named = named_steps(graph, steps)
    facts = WorldFacts(workspace.store, workspace.records, workspace.pipeline_key(graph))
    planner = Planner(graph, selection, facts)
    plan = planner.plan()
    wanted = [name for name in graph.steps if name in named] if steps else _not_as_they_were(plan)
    return tuple(_Comparing(workspace, planner, facts).all(wanted, plan))


def _not_as_they_were(plan: Plan) -> list[str]:
    return [name for name, decision in plan.decisions.items() if isinstance(decision, Stale | Waiting)]


class _Comparing:
    """One asking about steps of one plan."""

    def __init__(self, workspace: Workspace, planner: Planner, facts: WorldFacts) -> None:
        self._store, self._planner, self._facts = workspace.store, planner, facts
        self._files: dict[tuple[str, Path | None, Path | None], TextDiff] = {}
        self._lines = 0
        self._known_pairs: dict[tuple[str | None, str | None, str], list[_Pair] | None] = {}

    def all(self, steps: Collection[str], plan: Plan) -> Iterator[StepDiff]:
        for name in steps:
            decision = plan.decisions.get(name)
            if decision is None:  # the file was saved after somebody chose the step
                raise NotFoundError(f"the pipeline has no step '{name}'", hint=did_you_mean(name, plan.decisions))
            kept = decision.trace if isinstance(decision, UpToDate | NotSelected) else None
            trace = kept or self._facts.latest(name)
            before = self._facts.parts(trace.fingerprint) if trace else None
            if trace is None or before is None:
                yield StepDiff(name, decision, note="it has no earlier result to be compared with")
                continue
            step = self._planner.graph.steps[name]
            found = list(islice(self._changes(step, trace, before), _MOST_FILES + 1))
            note = "" if found else "nothing that it is made from has changed"
            if len(found) > _MOST_FILES:
                note = f"only the first {_MOST_FILES} changes"
            yield StepDiff(name, decision, trace.run, tuple(found[:_MOST_FILES]), note)

    def _changes(self, step: Step, trace: Trace, before: Parts) -> Iterator[FileChange]:
        after = self._planner.known_parts(step)
        yield from self._code(step, trace, before["code"], after["code"])
        for topic, name, old, new in _texts(before, after):
            if old != new:
                found = text_diff(name, old, new)
                yield FileChange(step.name, trace.run, name, "changed", found.lines, found.note, topic=topic)
        yield from self._built(step, trace, before.get("environment", {}), after["environment"])
        yield from self._inputs(step, trace, before["inputs"], after["inputs"])

    # What the environment is built from

    def _built(
        self, step: Step, trace: Trace, before: Mapping[str, str], after: Mapping[str, str]
    ) -> Iterator[FileChange]:
        """The files of build contexts and local packages."""
        self._facts.know_places(step.environment.built_from)
        roots = {each.digest: each.path for each in step.environment.built_from}
        for name, old, new in _built(before, after):
            pairs = self._pairs(old, new, roots.get(new, ""))
            if pairs is None:
                sides = (self._file(old, ""), self._file(new, roots.get(new, "")))
                yield replace(self._change(step, trace, name, *sides, _SMALL), topic=Topic.ENVIRONMENT)
                continue
            for path, was, now in pairs:
                found = self._change(step, trace, f"{name}/{path}", was, now, _SMALL)
                yield replace(found, topic=Topic.ENVIRONMENT)

    # Code

    def _code(
        self, step: Step, trace: Trace, before: Mapping[str, str], after: Mapping[str, str]
    ) -> Iterator[FileChange]:
        """First the files that count, then those that the step did not open."""
        roots = {"": step.code, **{path.rstrip("/").rsplit("/", 1)[-1]: path for path in step.code_includes}}
        use = self._planner.code_use(step, trace)
        opened = frozenset(use.opened)
        later: list[FileChange] = []
        for place in sorted({*before, *after}):
            if before.get(place) == after.get(place):
                continue
            pairs = self._pairs(before.get(place), after.get(place), roots.get(place, ""))
            if pairs is None:
                note = "its files are not remembered any more"
                yield FileChange(step.name, trace.run, place or "code", "changed", note=note)
                continue
            for path, old, new in pairs:
                name = under(place, path)
                counts = bool(use.note) or name in opened or outside_of(old.entry) != outside_of(new.entry)
                change = replace(self._change(step, trace, name, old, new, MOST_BYTES), counts=counts)
                if counts:
                    yield change
                else:
                    later.append(change)
        yield from later

    def _pairs(self, before: str | None, after: str | None, root: str) -> list[_Pair] | None:
        """Path, and what was and is there, of every file that differs between two folders; None when not known.

        `root` is where what is now lies, "" when it is in the store.
        """
        key = (before, after, root)
        if key not in self._known_pairs:  # steps that share their code ask again and again
            old = self._facts.manifest(before) if before else {}
            new = self._facts.manifest(after) if after else {}
            known = old is not None and new is not None
            self._known_pairs[key] = list(self._differing(old or {}, new or {}, key)) if known else None
        return self._known_pairs[key]

    def _differing(self, old: Files, new: Files, key: tuple[str | None, str | None, str]) -> Iterator[_Pair]:
        before, after, root = key
        kept = self._store.manifests.read(before) if before else None
        for path in sorted({*old, *new}):
            if old.get(path) != new.get(path):
                size = kept.entries[path].size if kept is not None and path in kept.entries else -1
                yield _Pair(
                    path,
                    _Side(old.get(path), self._kept(before or "", path, old.get(path)), size),
                    _Side(new.get(path), self._now(root, after or "", path, new.get(path))),
                )

    def _kept(self, digest: str, path: str, entry: str | None) -> Path | None:
        """A file of a folder as it was, None when its bytes are gone."""
        if entry is None:
            return None
        return self._store.path(digest) / path if self._store.has(digest) else self._store.texts.path(entry[1:])

    def _now(self, root: str, digest: str, path: str, entry: str | None) -> Path | None:
        if entry is None:
            return None
        if not root:
            return self._kept(digest, path, entry)
        place = Path(root, path) if os.path.isdir(root) else Path(root)
        return place if entry[:1] == "l" else Path(os.path.realpath(place))

    def _change(self, step: Step, trace: Trace, name: str, old: _Side, new: _Side, most: int) -> FileChange:
        kind = "added" if old.entry is None else "removed" if new.entry is None else "changed"
        if "d" in ((old.entry or "")[:1], (new.entry or "")[:1]):
            return FileChange(step.name, trace.run, name, kind, note="an empty folder")
        lost = (old.entry and old.file is None) or (new.entry and new.file is None)
        found = TextDiff(note=_GONE) if lost else self._diff(name, old.file, new.file, most)
        sizes = (max(found.sizes[0], old.size), max(found.sizes[1], _size(new.file)))
        return FileChange(step.name, trace.run, name, kind, found.lines, found.note, sizes)

    def _diff(self, name: str, old: Path | None, new: Path | None, most: int) -> TextDiff:
        key = (name, old, new)
        if key not in self._files:
            found = file_diff(name, old, new, most)
            self._lines += len(found.lines)
            if self._lines > _MOST_LINES:
                found = TextDiff(note="too much to show with all the others: ask about this step alone")
            self._files[key] = found
        return self._files[key]

    # Data

    def _inputs(
        self, step: Step, trace: Trace, before: Mapping[str, str], after: Mapping[str, str]
    ) -> Iterator[FileChange]:
        for port, binding in step.inputs.items():
            old, new = before.get(port, "").split(" ")[0], after.get(port, "").split(" ")[0]
            if not isinstance(binding, DataInput | StepOutput) or old == new:
                continue
            if not new and isinstance(binding, StepOutput):
                continue  # not made yet: nobody knows what it will be
            for change in self._input(step, trace, port, old, new, binding):
                yield replace(change, topic=Topic.INPUTS)

    def _input(
        self, step: Step, trace: Trace, port: str, old: str, new: str, binding: DataInput | StepOutput
    ) -> Iterator[FileChange]:
        root = binding.path if isinstance(binding, DataInput) and not binding.digest else ""
        name = binding.path.rsplit("/", 1)[-1] if isinstance(binding, DataInput) else ""
        if not new:
            yield FileChange(step.name, trace.run, port, "removed", note=f"not found: {root}")
            return
        pairs = self._pairs(old or None, new, root) if self._is_folder(old) or self._is_folder(new) else None
        if pairs is None:
            sides = (self._file(old, ""), self._file(new, root))
            yield self._change(step, trace, f"{port}/{name}" if name else port, *sides, _SMALL)
            return
        for path, before, after in pairs:
            yield self._change(step, trace, f"{port}/{path}", before, after, _SMALL)

    def _is_folder(self, digest: str) -> bool:
        return bool(digest) and self._facts.manifest(digest) is not None

    def _file(self, digest: str, root: str) -> _Side:
        """A file that is an input by itself."""
        if not digest:
            return _Side(None, None)
        if root:
            return _Side(f"f{digest}", Path(os.path.realpath(root)))
        kept = self._store.path(digest) if self._store.has(digest) else self._store.texts.path(digest)
        return _Side(f"f{digest}", kept)


def _size(file: Path | None) -> int:
    try:
        return file.stat().st_size if file is not None else -1
    except OSError:
        return -1


@dataclass(frozen=True, slots=True)
class _Side:
    """A file before or after: kind and digest as one text, None for none; where its bytes lie, None when gone.

    `size` is in bytes where it is known of a file that is gone.
    """

    entry: str | None
    file: Path | None
    size: int = -1


class _Pair(NamedTuple):
    """A file of a folder that is not what it was."""

    path: str
    old: _Side
    new: _Side


def _texts(before: Parts, after: Parts) -> Iterator[tuple[Topic, str, list[str], list[str]]]:
    """What is no file, as lines."""
    yield (
        Topic.COMMAND,
        "command",
        before["command"].get("", "").splitlines(),
        after["command"].get("", "").splitlines(),
    )
    yield Topic.PARAMETERS, "parameters", *_lines(before, after, "parameters")
    built = {name for name, _, _ in _built(before.get("environment", {}), after.get("environment", {}))}
    yield Topic.ENVIRONMENT, "environment", *_lines(before, after, "environment", built)
    yield Topic.ENVIRONMENT, "variables", *_lines(before, after, "variables")
    yield Topic.SETTINGS, "settings", *_lines(before, after, "settings")
    yield Topic.OUTPUTS, "outputs", *_lines(before, after, "outputs")


def _built(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """The parts of an environment that are the content of files or folders, and are not what they were."""
    for name, new in sorted(after.items()):
        old = before.get(name, "")
        if old != new and is_digest(old) and is_digest(new):
            yield name, old, new


def _lines(before: Parts, after: Parts, part: str, without: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """Names and values in one order, whatever order they were written in."""
    old, new = (
        [
            f"{name}: {value}" if value else name
            for name, value in sorted(parts.get(part, {}).items())
            if name not in without
        ]
        for parts in (before, after)
    )
    return old, new
