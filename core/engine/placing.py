"""Finds the place for each step that may run in several: asks the hosts, on a thread, and decides in the loop."""

import json
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial

from core.definitions.compute_target import LOCAL, ComputeTarget
from core.definitions.environment import EnvironmentSpec
from core.engine.builds import is_image_there
from core.engine.placement import Candidate, Choice, choose
from core.engine.places import Places
from core.engine.progress import Progress
from core.engine.survey import FRESH_SECONDS, Place, Survey
from core.engine.work import Workers
from core.errors import StepError
from core.hosts.errors import HostError
from core.layout import AttemptFolder, Layout
from core.planning.graph import Graph, Step
from core.store.objects import Store

_HINT = "give it less to ask for, or define a host that has it"

#: Called in the loop's thread with the step as it is to run, or with what is wrong.
Placed = Callable[[Step | None, BaseException | None], None]


@dataclass(slots=True)
class _Wish:
    step: Step
    digests: Sequence[str]
    then: Placed
    line: str = ""
    again_at: float = field(default=0.0)


class Placing:
    """The choices of one run; `choices` are those made, by step."""

    def __init__(
        self, layout: Layout, graph: Graph, store: Store, places: Places, workers: Workers, progress: Progress
    ) -> None:
        self._layout, self._graph, self._store = layout, graph, store
        self._places, self._workers, self._progress = places, workers, progress
        self._given: dict[str, tuple[str, float]] = {}
        self._survey = Survey()
        self._waiting: dict[str, _Wish] = {}
        self.choices: dict[str, Choice] = {}

    def want(self, step: Step, digests: Sequence[str], then: Placed) -> None:
        """Call `then` with the step and its place, now or when a place can be had; `digests` are its data."""
        self._ask(_Wish(step, digests, then))

    def redefine(self, graph: Graph, anew: Collection[str]) -> None:
        """The run has another graph; what these steps wished for is void."""
        self._graph = graph
        for name in anew:
            self._waiting.pop(name, None)
            self._given.pop(name, None)

    def line(self, step: str) -> str:
        """What a step waits for that has no place yet."""
        wish = self._waiting.get(step)
        return wish.line if wish else ""

    def retry(self) -> None:
        """Look again at hosts that were away."""
        now = time.monotonic()
        for wish in [wish for wish in self._waiting.values() if 0 < wish.again_at <= now]:
            self._ask(wish)

    def _ask(self, wish: _Wish) -> None:
        wish.again_at = 0.0
        self._waiting[wish.step.name] = wish
        self._workers.submit(partial(self._look, wish.step), partial(self._chosen, wish))

    def _look(self, step: Step) -> list[Candidate]:
        places = {name: self._place(name, step.environment) for name in step.computes}
        return self._survey.look(places, lambda each: not (each.away or each.lacks(step.resources)))

    def _chosen(self, wish: _Wish, found: list[Candidate] | None, error: BaseException | None) -> None:
        step = wish.step
        if self._waiting.get(step.name) is not wish:
            return  # the step is defined otherwise by now
        if found is None:
            self._waiting.pop(step.name, None)
            wish.then(None, error)
            return
        choice = choose([self._with_load(each, wish) for each in found], step.resources)
        if choice.name:
            self._waiting.pop(step.name, None)
            self.choices[step.name] = choice
            self._given[step.name] = (choice.name, step.resources.cpus or 1.0)
            wish.then(replace(step, compute=choice.name, computes=()), None)
        elif choice.is_final:
            self._waiting.pop(step.name, None)
            wish.then(None, StepError(f"no compute target can run it: {choice.why}", hint=_HINT))
        else:
            wish.line = f"waiting for a host: {choice.why}"
            wish.again_at = time.monotonic() + FRESH_SECONDS

    def _with_load(self, candidate: Candidate, wish: _Wish) -> Candidate:
        """What the loop knows: how much runs there, and how much of the step's data lies there alone."""
        name, elsewhere = candidate.name, self._store.elsewhere
        machines = {digest: elsewhere.machine(digest) for digest in wish.digests if not self._store.has(digest)}
        data = sum(
            elsewhere.size(digest) for digest, machine in machines.items() if machine and machine["name"] == name
        )
        placed = replace(wish.step, compute=name, computes=())
        is_full = self._is_given_away(candidate, wish.step) or not self._places.has_room(placed)
        return replace(candidate, data=data, is_full=is_full)

    def _is_given_away(self, candidate: Candidate, step: Step) -> bool:
        """Whether steps that were placed there, started or not, leave too little."""
        unfinished = [
            cpus
            for other, (name, cpus) in self._given.items()
            if name == candidate.name and not self._progress.statuses[other].is_final
        ]
        target = self._graph.targets.get(candidate.name)
        if target is not None and target.concurrency and len(unfinished) >= target.concurrency:
            return True
        return 0 <= candidate.cores < sum(unfinished) + (step.resources.cpus or 1.0)

    def _place(self, name: str, environment: EnvironmentSpec) -> Place:
        """A place as it is known, or how to ask it; this machine's processes can always be had."""
        target = self._graph.targets.get(name)
        if target is None:
            here = self._places.machine
            return Candidate(LOCAL, here.cores, here.memory_bytes, here.gpus)
        if is_paused(self._layout, name):
            return Candidate(name, away="is paused")
        return (target, id(environment)), partial(self._describe, target, environment)

    def _describe(self, target: ComputeTarget, environment: EnvironmentSpec) -> Candidate:
        from core.hosts.connection import connect  # only runs with hosts need the docker library
        from core.hosts.facts import gives_gpus

        try:
            with closing(connect(target)) as engine:
                info = engine.info()
                has_image = is_image_there(engine, environment, self._layout)
        except HostError as error:
            return Candidate(target.name, away=_complaint(error, target.name))
        cores, memory = int(info.get("NCPU") or 0), int(info.get("MemTotal") or 0)
        return Candidate(
            target.name,
            min(cores, int(target.cpus)) if target.cpus else cores,
            min(memory, target.memory) if target.memory else memory,
            target.gpus or (-1 if gives_gpus(info) else 0),
            has_image=has_image,
        )


def _complaint(error: HostError, name: str) -> str:
    """What is wrong with a host, as it stands behind its name."""
    plain = error.message.removeprefix(f"{name}: ")
    return plain.removeprefix(f"{name} ") if plain == error.message else f"cannot be used: {plain}"


def where_it_runs(step: Step, attempt: AttemptFolder) -> Step:
    """A step that may run in several places, at the one that an attempt of it has; others as they are."""
    if not step.computes:
        return step
    try:
        container = json.loads(attempt.spec.read_bytes()).get("container")
    except (OSError, ValueError):
        return step
    return replace(step, compute=container["target"]["name"] if container else LOCAL, computes=())


def is_paused(layout: Layout, name: str) -> bool:
    """Whether somebody asked that nothing new starts on a host."""
    return (layout.private / "paused" / name).exists()


def all_paused(layout: Layout) -> frozenset[str]:
    """The hosts on which nothing new shall start."""
    folder = layout.private / "paused"
    return frozenset(mark.name for mark in folder.iterdir()) if folder.is_dir() else frozenset()


def set_paused(layout: Layout, name: str, wanted: bool) -> None:
    """Have nothing new start on a host for which others could do, or have it again."""
    mark = layout.private / "paused" / name
    if wanted:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    else:
        mark.unlink(missing_ok=True)
