"""Compute targets as rows of a table and as lines to read: pure."""

import time
from collections.abc import Sequence

from tui.keys.actions import key_of
from tui.reading.computes import ComputeView, FindingView, HostState, Pairs, Standing
from tui.widgets.document import Line
from tui.widgets.status import Status
from tui.widgets.table import Column, Row
from tui.wording.status import glyph
from tui.wording.units import duration, size

#: A host that was heard of every few seconds and says nothing for so long is no longer known to be well.
SILENT_SECONDS = 8.0
#: What the host says live and tells again when it is asked.
_LIVE = ("cores", "memory", "steps")
#: So many running steps of a host are named.
_MOST_STEPS = 12
#: Cells of figures that come and go, so that columns stay where they are.
_CORES, _MEMORY = 10, 15
COLUMNS = (
    Column("target", 22),
    Column("state", 11),
    Column("steps", 8, right=True),
    Column("cores", 11, right=True),
    Column("memory", 16, right=True, drop=1),
    Column("answers", 9, right=True, drop=3),
    Column("engine", 18, drop=4),
    Column("host", 60, drop=2),
)


def compute_row(
    view: ComputeView, state: HostState | None, is_paused: bool, ascii_only: bool, silent_s: float = 0.0
) -> Row:
    """A target as a row; without a state its host has not been heard of yet, or says nothing for a while."""
    status, word = _state(view, state, is_paused, silent_s)
    there = state if state and state.is_there else None
    engine = there.version if there else ""
    return Row(
        view.name,
        (
            (view.name, "paint--title"),
            (f"{glyph(status, ascii_only)} {word}", f"status--{status.value}"),
            (_steps(view, there) if there else "", "status--running" if there and there.steps else "paint--muted"),
            (_cores(there).rjust(_CORES) if there else "", "paint--text"),
            (_memory(there).rjust(_MEMORY) if there else "", "paint--text"),
            (_answers(there) if there and view.target else "", "paint--muted"),
            (engine, "paint--muted"),
            (view.trouble or view.host, "status--failed" if view.trouble else "paint--muted"),
        ),
        (None, None, len(there.steps) if there else -1, there.used_cores if there else -1, None, None, None, None),
    )


def compute_lines(
    view: ComputeView,
    state: HostState | None,
    facts: tuple[Pairs, str] | None,
    findings: Sequence[FindingView] | None,
    standing: Standing,
    *,
    silent_s: float = 0.0,
    is_asking: bool,
    is_trying: bool,
) -> list[Line]:
    """A target: how its host is, what a test found, what it has when it was asked, what its file says."""
    if view.trouble:
        return [Line(view.trouble, status=Status.FAILED)]
    lines = _paused(view) if view.name in standing.paused else []
    lines += _silence(silent_s) if state is not None and state.is_there else []
    lines += _live(view, state, standing)
    if findings is not None:
        lines += [Line(), *map(_finding, findings)]
        lines += [Line("trying ...", style="paint--muted")] if is_trying else []
    if facts is not None and facts[0]:
        lines += [Line(), *(Line(text, label=label) for label, text in facts[0] if label not in _LIVE)]
    elif facts is not None and not (state and state.trouble):
        lines += [Line(), Line(facts[1], status=Status.FAILED)]
    elif is_asking:
        lines += [Line(), Line("asking the host ...", style="paint--muted")]
    lines += [Line(), *(Line(text, label=label) for label, text in view.lines)]
    if view.target is not None and facts is None and findings is None and not is_asking:
        lines += [
            Line(),
            Line(f"{key_of('compute.open')} asks what it has, {key_of('compute.test')} tries it", style="paint--muted"),
        ]
    return lines


def _live(view: ComputeView, state: HostState | None, standing: Standing) -> list[Line]:
    if state is None:
        return [Line("not heard of yet", style="paint--muted")]
    if not state.is_there:
        lines = [Line(state.trouble, status=Status.FAILED)]
        return [*lines, Line(state.advice, label="hint")] if state.advice else lines
    whose = "" if view.target is None or view.target.shares_files else " by steps"
    lines = [Line(f"{_cores(state)}{whose}", label="cores"), Line(f"{_memory(state)}{whose}", label="memory")]
    return [*lines, *_running(view, state, standing)]


def _paused(view: ComputeView) -> list[Line]:
    said = f"nothing new starts here that others can run; {key_of('compute.pause')} uses it again"
    return [Line(said, label="paused", status=Status.NOT_RUN), Line()] if view.target is not None else []


def _silence(silent_s: float) -> list[Line]:
    if silent_s <= SILENT_SECONDS:
        return []
    return [Line(f"no answer for {silent_s:.0f} s; this is how it was", status=Status.WAITING), Line()]


def _running(view: ComputeView, state: HostState, standing: Standing) -> list[Line]:
    """How many steps run there, and which: of this workspace by run and name, those of others in a number."""
    own = [each for each in state.steps if each.workspace in ("", standing.workspace)]
    lines = [Line(_steps(view, state), label="running")]
    for each in sorted(own, key=lambda each: (each.run, each.step))[:_MOST_STEPS]:
        began = standing.started.get((each.run, each.step), 0.0)
        took = f" · {duration(time.time() - began)}" if began else ""
        lines.append(Line(f"{each.step}{took}", label=f" run {each.run}" if each.run else " ", wrap=False))
    more, others = len(own) - _MOST_STEPS, len(state.steps) - len(own)
    lines += [Line(f"and {more} more", label=" ", style="paint--muted")] if more > 0 else []
    return lines + ([Line(f"{others} of other workspaces", label=" ", style="paint--muted")] if others else [])


def _steps(view: ComputeView, state: HostState) -> str:
    most = view.target.concurrency if view.target is not None else 0
    return f"{len(state.steps)} of {most}" if most else str(len(state.steps))


def _finding(found: FindingView) -> Line:
    status = Status.FAILED if not found.is_well else Status.STALE if found.advice else Status.SUCCEEDED
    return Line(f"{found.found}; {found.advice}" if found.advice else found.found, label=found.name, status=status)


def _state(view: ComputeView, state: HostState | None, is_paused: bool, silent_s: float) -> tuple[Status, str]:
    if view.trouble:
        return Status.FAILED, "broken"
    if state is None:
        return Status.WAITING, "asking"
    if not state.is_there:
        return Status.FAILED, "away"
    if silent_s > SILENT_SECONDS:
        return Status.WAITING, "silent"
    return (Status.NOT_RUN, "paused") if is_paused else (Status.SUCCEEDED, "ready")


def _cores(state: HostState) -> str:
    used = f"{state.used_cores:.1f}" if state.used_cores >= 0 else "?"
    return f"{used} of {state.cores}"


def _memory(state: HostState) -> str:
    used = size(state.used_memory) if state.used_memory >= 0 else "?"
    return f"{used} of {size(state.memory)}"


def _answers(state: HostState) -> str:
    return f"{state.latency_s * 1000:.0f} ms" if state.latency_s >= 0.01 else f"{state.latency_s * 1000:.1f} ms"
