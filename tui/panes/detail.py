"""What is known about the selected step, or about a leaf of the tree."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from textual import work
from textual.message import Message
from textual.timer import Timer

from tui.keys.actions import action
from tui.keys.moves import LIST_KEYS
from tui.reading.detail import Past, Port, StepMore, meter_of, step_more
from tui.views import (
    Bridge,
    Entry,
    GraphView,
    Place,
    RunView,
    SessionError,
    StepState,
    StepView,
    Subject,
    Trouble,
    Version,
)
from tui.widgets.document import Document, Line
from tui.widgets.status import Status
from tui.wording import units
from tui.wording.status import word

_SHOWN_DIGEST = 12
_SAMPLE_SECONDS = 1.0
_SETTLE = 0.1
_AROUND = 4


class DetailPane(Document):
    """Facts about a step: first what its state says, then what had to be looked up, and while it runs what it uses."""

    BINDINGS = [*LIST_KEYS]

    class Told(Message):
        """There is more or other to read."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._about: tuple[Subject, StepView, StepState] | None = None
        self._bridge: Bridge | None = None
        self._more: StepMore | None = None
        self._meter: Callable[[], str] | None = None
        self._used = ""
        self._timer: Timer | None = None
        #: Whether the facts are read somewhere else on the screen.
        self.is_read_elsewhere = False
        self.lines: list[Line] = []

    def on_mount(self) -> None:
        """A timer that goes only while a step runs."""
        self._timer = self.set_interval(_SAMPLE_SECONDS, self._sample, pause=True)

    @property
    def more(self) -> StepMore | None:
        """What was looked up about the step that is shown."""
        return self._more

    def show_step(self, bridge: Bridge, subject: Subject, step: StepView, state: StepState) -> None:
        """Tell about a step; what takes a look at files comes a moment later."""
        about = (subject, step, state)
        if about == self._about:
            return
        before, self._about, self._bridge = self._about, about, bridge
        if before is None or before[:2] != about[:2]:
            self._more = None
        self._meter, self._used = None, ""
        self.set_title(step.name)
        self._tell()
        self._look(before is not None and before[1].name != step.name)
        if self._timer is not None:
            (self._timer.resume if state.status is Status.RUNNING else self._timer.pause)()

    def clear(self) -> None:
        """There is no step."""
        self._about = self._more = self._meter = None
        self.lines = []
        self.set_lines([])
        if self._timer is not None:
            self._timer.pause()

    def _tell(self) -> None:
        if self._about is None or self._bridge is None:
            return
        _, step, state = self._about
        self.lines = step_lines(step, state, self._more, self._bridge.root, self._used)
        self.set_lines(self.lines)
        self.post_message(self.Told())

    @work(exclusive=True, group="more")
    async def _look(self, settle: bool) -> None:
        if settle:
            await asyncio.sleep(_SETTLE)
        if self._about is None or self._bridge is None:
            return
        subject, step, state = about = self._about
        with contextlib.suppress(SessionError):
            more = await self._bridge.read(step_more(subject, step.name, state))
            if about == self._about:
                self._more = more
                self._tell()

    @work(exclusive=True, group="sample")
    async def _sample(self) -> None:
        """One look at what the running step uses, if anybody sees it."""
        seen = self.size.width > 0 and self.screen.is_active
        if self._about is None or self._bridge is None or not (seen or self.is_read_elsewhere):
            return
        subject, step, state = about = self._about
        if self._meter is None:
            with contextlib.suppress(SessionError):
                self._meter = await self._bridge.read(meter_of(subject, step.name, state))
        if self._meter is None:
            return
        used = await asyncio.to_thread(self._meter)
        if about == self._about and used != self._used:
            self._used = used
            self._tell()


def step_lines(step: StepView, state: StepState, more: StepMore | None, root: Path, used: str = "") -> list[Line]:
    """A step's status and why, what it runs, takes and makes, what it uses of the machine, and how it went before."""
    lines = [Line(_standing(state), label="status", style=f"status--{state.status.value}", status=state.status)]
    lines += [Line(reason, label=" " if index else "why") for index, reason in enumerate(state.reasons)]
    if state.detail:
        lines.append(Line(state.detail, label="now", style="status--preparing"))
    if state.error:
        lines.append(Line(state.error, label="error", style="status--failed"))
    if step.unsupported:
        lines.append(Line(step.unsupported, label="note", style="status--stale"))
    if step.title and step.title != step.name:
        lines.append(Line(step.title, label="title"))
    taken = used or (more.used if more is not None else "")
    lines += [Line(text, label=" " if index else "uses" if used else "used")
              for index, text in enumerate(taken.splitlines())]  # fmt: skip
    heading = "command" if more is None or more.has_run else "command, as it would run"
    lines += [Line(), Line(heading, style="paint--muted"), Line((more.command if more else step.command).strip())]
    lines += _environment(step, more, root)
    lines += _compute(step, more)
    if more is None:
        lines += _table("inputs", step.inputs)
        lines += _table("outputs", step.outputs)
    else:
        types = dict(step.outputs)
        lines += _ports("inputs", more.inputs, root)
        lines += _ports("outputs", [replace(p, text=p.text or types.get(p.name, "")) for p in more.outputs], root)
        lines += [Line(), Line("history", style="paint--muted"), *map(_past, more.past)] if more.past else []
    if step.place is not None:
        lines += [Line(), Line(shown_place(step.place), label="source")]
    return lines


def _compute(step: StepView, more: StepMore | None) -> list[Line]:
    """Where it runs, when that is not as a process of this machine."""
    if more is not None and more.host:
        named = [Line(more.container, label="container")] if more.container else []
        passed = [Line(words, label="passed" if not at else "") for at, words in enumerate(more.passed_over)]
        return [Line(), Line(more.host, label="host"), *passed, *named]
    return [Line(), Line(step.compute, label="compute")] if step.compute else []


def _environment(step: StepView, more: StepMore | None, root: Path) -> list[Line]:
    """Which environment, what it was built into, and the variables that the YAML sets."""
    if not step.environment and (more is None or not more.python):
        return []
    lines = [Line(), Line("environment", style="paint--muted")]
    lines += [Line(step.environment)] if step.environment else []
    if more is not None:
        if more.python:
            lines.append(
                Line(
                    f"Python {more.python} in {_inside(Path(more.environment), root)}", style="paint--muted", wrap=False
                )
            )
        lines += [Line(value, label=f" {name}") for name, value in more.variables]
    return lines


def _ports(title: str, ports: Sequence[Port], root: Path) -> list[Line]:
    """Two rows for what has content: what it is, and its size, digest and place."""
    if not ports:
        return []
    lines = [Line(), Line(title, style="paint--muted")]
    for port in ports:
        gone = port.digest and not port.path and not port.host
        facts = [units.size(port.size) if port.size >= 0 else "", port.digest[:_SHOWN_DIGEST]]
        facts += ["removed from the store"] if gone else []
        lines.append(Line(" · ".join(part for part in (port.text, *facts) if part), label=f" {port.name}"))
        where = _inside(Path(port.path), root) if port.path else ""
        if port.host:
            fetching = action("step.files").key
            lines.append(Line(f"on {port.host}: {fetching} fetches it", label=" ", style="paint--muted"))
        if where and where != port.text:
            lines.append(Line(where, label=" ", style="paint--muted", wrap=False))
    return lines


def _past(past: Past) -> Line:
    took = units.duration(past.duration) if past.duration else ""
    words = (word(past.status), took, units.ago(past.at), past.why)
    return Line(" · ".join(part for part in words if part), label=f" {past.name}", status=past.status)


def why_lines(step: StepView, state: StepState) -> list[Line]:
    """Why a step stands where it does, for the dialog that says so."""
    lines = [Line(_standing(state), style=f"status--{state.status.value}", status=state.status), Line()]
    if state.error:
        lines += [Line(state.error, style="status--failed"), Line()]
    lines += [Line(f"- {reason}") for reason in state.reasons]
    if not state.reasons:
        lines.append(Line(_WITHOUT_REASON.get(state.status, "nothing more is known")))
    if state.status in _HAS_CHANGES and state.reasons:
        lines += [Line(), Line(f"{action('step.diff').key} shows what changed, line by line", style="paint--muted")]
    if step.producers:
        lines += [Line(), Line(", ".join(step.producers), label="takes from", style="paint--muted")]
    return lines


_HAS_CHANGES = (Status.STALE, Status.WAITING, Status.REUSED, Status.SUCCEEDED)


_WITHOUT_REASON = {
    Status.REUSED: "code, command, parameters, inputs and environment are as they were; its result is taken again",
    Status.SUCCEEDED: "it ran, and nothing has changed since",
    Status.UNKNOWN: "not planned yet",
}


def _standing(state: StepState) -> str:
    parts = [word(state.status) or "planning"]
    if state.exit_code:
        parts.append(f"exit {state.exit_code}")
    if state.status.is_live and state.started_at:
        parts.append(f"since {time.strftime('%H:%M:%S', time.localtime(state.started_at))}")
    elif state.duration:
        parts.append(f"took {units.duration(state.duration)}")
    if state.made_by_run:
        run = f"run {state.made_by_run}" + (f", attempt {state.attempt}" if state.attempt > 1 else "")
        parts.append(f"last tried in {run}" if state.status in (Status.STALE, Status.WAITING) else run)
    return " · ".join(parts)


def _table(title: str, rows: tuple[tuple[str, str], ...]) -> list[Line]:
    if not rows:
        return []
    return [Line(), Line(title, style="paint--muted"), *(Line(text, label=f" {name}") for name, text in rows)]


def _inside(path: Path, root: Path) -> str:
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def shown_place(place: Place) -> str:
    """A place as file:line."""
    return f"{place.file}:{place.line}" if place.line else str(place.file)


def about_lines(graph: GraphView, run: RunView | None) -> list[Line]:
    """What a pipeline is for, how its run went, and what was assumed where the definitions say nothing."""
    lines = [Line(graph.description), Line()] if graph.description else []
    lines.append(Line(graph.path, label="file"))
    if run is not None:
        lines.append(Line(f"{run.number} · {word(run.status)}", label="run", status=run.status))
        lines += [Line(run.error, label="error", style="status--failed")] if run.error else []
    found = notices(graph, run)
    lines += [Line(), Line("notes" if found else "no notes", style="paint--muted")]
    return [*lines, *(Line(f"- {notice}") for notice in found)]


def notices(graph: GraphView, run: RunView | None) -> tuple[str, ...]:
    """What reading and running had to assume, each once."""
    return tuple(dict.fromkeys((*graph.notices, *(run.notices if run else ()))))


def entry_lines(entry: Entry) -> list[Line]:
    """What is known about a component, data asset, environment or model."""
    lines = [Line(entry.kind.value, label="kind")]
    lines += [Line(entry.description, label="about")] if entry.description else []
    lines += [Line(str(entry.path), label="file")] if entry.path else []
    lines += [Line(entry.version, label="version")] if entry.version else []
    if not entry.versions:
        return lines
    lines += [Line(), Line("registered versions", style="paint--muted")]
    return [*lines, *(Line(_version(version), label=f" {version.name}") for version in entry.versions)]


def _version(version: Version) -> str:
    parts = ("archived" if version.archived else "", ", ".join(version.labels), version.about)
    digest = version.digest[:_SHOWN_DIGEST]
    return " · ".join(part for part in (*parts, units.moment(version.created_at), digest) if part)


def source_lines(root: Path, trouble: Trouble) -> list[Line]:
    """The lines of the file around the place of a trouble, the line itself marked."""
    place = trouble.place
    if place is None or not place.line:
        return []
    try:
        with (root / place.file).open(encoding="utf-8", errors="replace") as file:
            wanted = range(max(1, place.line - _AROUND), place.line + _AROUND + 1)
            found = [(n, text[:500].rstrip("\n").expandtabs()) for n, text in enumerate(file, 1) if n in wanted]
    except OSError:
        return []
    return [
        Line(
            f"{'>' if number == place.line else ' '}{number:5d}  {text}",
            style="status--failed" if number == place.line else "paint--muted",
            wrap=False,
        )
        for number, text in found
    ]
