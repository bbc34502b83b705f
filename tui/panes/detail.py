"""What is known about the selected step, or about a leaf of the tree."""

import time
from pathlib import Path

from tui.actions import LIST_KEYS
from tui.views import Entry, Place, StepState, StepView, Trouble
from tui.widgets.document import Document, Line
from tui.widgets.status import Status
from tui.wording import units
from tui.wording.status import word

_SHOWN_DIGEST = 12
_AROUND = 4


class DetailPane(Document):
    """Facts about a step."""

    BINDINGS = [*LIST_KEYS]


def step_lines(step: StepView, state: StepState) -> list[Line]:
    """A step's status and why, what it runs, what it takes and makes."""
    lines = [Line(_standing(state), label="status", style=f"status--{state.status.value}", status=state.status)]
    lines += [Line(reason, label=" " if index else "why") for index, reason in enumerate(state.reasons)]
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
    made = tuple((port, _with_digest(text, state.outputs.get(port, ""))) for port, text in step.outputs)
    lines += _table("outputs", made)
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


def _with_digest(text: str, digest: str) -> str:
    return f"{text}  {digest[:_SHOWN_DIGEST]}" if digest else text


def shown_place(place: Place) -> str:
    """A place as file:line."""
    return f"{place.file}:{place.line}" if place.line else str(place.file)


def entry_lines(entry: Entry) -> list[Line]:
    """What is known about a component, data asset, environment or model."""
    lines = [Line(entry.kind.value, label="kind")]
    lines += [Line(entry.description, label="about")] if entry.description else []
    lines += [Line(", ".join(entry.versions), label="versions")] if entry.versions else []
    lines += [Line(str(entry.path), label="file")] if entry.path else []
    return lines


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
