"""What can be said about a scene without a screen: pure."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tui.keys.actions import key_of
from tui.panes.detail import notices
from tui.views import Entry, Kind, RunView, Scene, StepState, Subject
from tui.widgets.document import Line
from tui.widgets.status import Status
from tui.wording.status import glyph
from tui.wording.units import count


def is_live(scene: Scene) -> bool:
    """Whether the scene's run goes on."""
    return scene.run is not None and scene.run.is_live


def first_subject(entries: list[Entry], runs: list[RunView]) -> Subject | None:
    """The pipeline that runs or ran last, else the first one that can be read."""
    paths = [str(entry.path) for entry in entries if entry.kind is Kind.PIPELINE and entry.trouble is None]
    for run in runs:
        if run.pipeline in paths:
            return Subject(run.pipeline)
    if paths:
        return Subject(paths[0])
    broken = [str(entry.path) for entry in entries if entry.kind is Kind.PIPELINE]
    return Subject(broken[0]) if broken else None


def why_no_log(state: StepState) -> str:
    """What stands in place of a log that is not there."""
    match state.status:
        case Status.STALE:
            return f"it has not run yet; {key_of('run.start')} runs what changed"
        case Status.WAITING:
            return "; ".join(state.reasons) or "it waits for other steps"
        case Status.PREPARING:
            return state.detail or "it waits for its turn"
        case Status.RUNNING:
            return "nothing written yet"
        case Status.NOT_RUN:
            return "; ".join(state.reasons) or state.error or "it was not run"
        case _:
            return state.error or "nothing was written"


def log_title(step: str, state: StepState) -> str:
    """What stands over a log: whose it is, and of which run when that is not the latest result."""
    if state.is_build_log:
        return f"{step}: build of its environment"
    is_old = state.status in (Status.STALE, Status.WAITING) and state.log is not None and state.made_by_run
    return f"{step} log, run {state.made_by_run}" if is_old else f"{step} log"


def plan_standing(scene: Scene, ascii_only: bool) -> list[tuple[str, str]]:
    """What the header says about a plan: how much failed, is stale, waits."""
    if scene.trouble is not None:
        return [(f"{glyph(Status.FAILED, ascii_only)} does not load", "status--failed")]
    if not scene.is_planned:
        return [("planning ...", "paint--muted")]
    found = Counter(state.status for state in scene.states.values())
    pieces = []
    for status, word in ((Status.FAILED, "failed"), (Status.STALE, "stale"), (Status.WAITING, "waiting")):
        if found[status]:
            pieces.append((f"{glyph(status, ascii_only)} {found[status]} {word}  ", f"status--{status.value}"))
    return pieces or [(f"{glyph(Status.REUSED, ascii_only)} up to date", "status--reused")]


def steps_remark(scene: Scene) -> str:
    """What the frame of the steps says: what is being prepared, how much was assumed."""
    found = next((state.detail for state in scene.states.values() if state.detail), "")
    notes = len(notices(scene.graph, scene.run)) if scene.graph else 0
    return "  ".join(
        part for part in (found, f"{key_of('run.about')}: {count(notes, 'note')}" if notes else "") if part
    )


def next_failure(states: Mapping[str, StepState], at: str, direction: int) -> str:
    """The failed step after (1) or before (-1) the step `at`, going round; an empty string when none failed."""
    names = list(states)
    start = names.index(at) if at in names else 0
    for distance in range(1, len(names) + 1):
        name = names[(start + direction * distance) % len(names)]
        if states[name].status is Status.FAILED:
            return name
    return ""


def most_telling(scene: Scene) -> str:
    """The step to show first: one that failed, that runs, that would run; or an empty string."""
    for wanted in (Status.FAILED, Status.RUNNING, Status.PREPARING, Status.STALE):
        for name, state in scene.states.items():
            if state.status is wanted:
                return name
    return ""


def first_steps(root: Path) -> list[Line]:
    """What an empty workspace says."""
    return [
        Line("This folder has no pipeline yet.", style="paint--title"),
        Line(),
        Line("A pipeline is a YAML file in the language of Azure ML's command line (CLI v2)."),
        Line("Put one anywhere below this folder and it appears here at once."),
        Line(),
        Line(str(root), label="folder"),
        Line(
            f"{key_of('run.template')} puts one here that runs, from a template; so does mlpw init",
            label="begin",
            style="status--running",
        ),
        Line(f"{key_of('run.build')} then adds steps to it", label=" "),
        Line(),
        Line(f"{key_of('app.help')} shows every key, {key_of('app.quit')} leaves.", style="paint--muted"),
    ]
