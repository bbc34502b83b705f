"""What is known about the selected step, or about a leaf of the tree."""

import time
from collections.abc import Mapping
from pathlib import Path

from tui.keys.moves import LIST_KEYS
from tui.views import Content, Entry, GraphView, Place, RunView, StepState, StepView, Trouble, Version
from tui.widgets.document import Document, Line
from tui.widgets.status import Status
from tui.wording import units
from tui.wording.status import word

_SHOWN_DIGEST = 12
_AROUND = 4


class DetailPane(Document):
    """Facts about a step."""

    BINDINGS = [*LIST_KEYS]


def step_lines(step: StepView, state: StepState, contents: Mapping[str, Content], root: Path) -> list[Line]:
    """A step's status and why, what it runs, what it takes and makes; `contents` says where outputs lie."""
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
    lines += [Line(), Line("command", style="paint--muted"), Line(step.command.strip())]
    lines += [Line(), Line("environment", style="paint--muted"), Line(step.environment)] if step.environment else []
    lines += [Line(), Line(step.compute, label="compute")] if step.compute else []
    lines += _table("inputs", step.inputs)
    lines += [Line(), Line("outputs", style="paint--muted")] if step.outputs else []
    for port, type_name in step.outputs:
        digest = state.outputs.get(port, "")
        lines += _output(port, type_name, digest, contents.get(digest), root)
    if step.place is not None:
        lines += [Line(), Line(shown_place(step.place), label="source")]
    return lines


def why_lines(step: StepView, state: StepState) -> list[Line]:
    """Why a step stands where it does, for the dialog that says so."""
    lines = [Line(_standing(state), style=f"status--{state.status.value}", status=state.status), Line()]
    if state.error:
        lines += [Line(state.error, style="status--failed"), Line()]
    lines += [Line(f"- {reason}") for reason in state.reasons]
    if not state.reasons:
        lines.append(Line(_WITHOUT_REASON.get(state.status, "nothing more is known")))
    if step.producers:
        lines += [Line(), Line(", ".join(step.producers), label="takes from", style="paint--muted")]
    return lines


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


def _output(port: str, type_name: str, digest: str, content: Content | None, root: Path) -> list[Line]:
    if content is None:
        return [Line(f"{type_name}  {digest[:_SHOWN_DIGEST]}" if digest else type_name, label=f" {port}")]
    if content.size < 0:
        return [Line(f"{type_name} · removed from the store", label=f" {port}")]
    size = Line(f"{type_name} · {units.size(content.size)}", label=f" {port}")
    return [size, Line(_inside(content.path, root), label=" ", style="paint--muted")]


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
