"""What `mlpw watch` says: lines for people, or one JSON value a line for scripts."""

import itertools
import json
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import MlpwError
from core.planning.reasons import not_opened
from core.records.model import RunRecord
from core.workspace.replanning import Replanned
from core.workspace.workspace import Workspace
from tui.commands.plan import Row, row_of
from tui.console import dim, mark, note, say, say_notices, table
from tui.following import Change
from tui.progress import ProgressDisplay
from tui.reports import run_report
from tui.running import places, report_end
from tui.wording.safe import one_line
from tui.wording.status import LOOKS
from tui.wording.units import count

#: So many steps that stay are told one by one.
_MOST_STAYING = 5
_SHOWN_PATHS = 3
#: What nothing is to be done for.
_AT_REST = ("up_to_date", "not_selected")
#: So many characters of a line that does not load are shown.
_EXCERPT = 100


class Words:
    """Lines for people: at each save the rows that are other ones than before."""

    def __init__(self, pipeline: str, root: Path) -> None:
        self._pipeline, self._root = pipeline, root
        self._rows: dict[str, Row] | None = None
        self._error = ""
        self._noticed: tuple[str, ...] = ()
        self._display: ProgressDisplay | None = None

    def begin(self, files: int, note_: str) -> None:
        """What is watched."""
        say(f"watching {one_line(self._pipeline)} and {count(files, 'file')} of code and data; Ctrl-C ends it")
        if note_:
            note(f"warning: {one_line(note_)}")

    def planned(self, planned: Replanned, paths: Sequence[str]) -> None:
        """The saved files, then what they changed in the plan."""
        if paths:
            self._line(dim(time.strftime("%H:%M:%S ")) + _shown(paths))
        if self._told_error(planned) or planned.graph is None or planned.plan is None:
            return
        notices = tuple(map(str, planned.graph.notices))
        if notices != self._noticed:
            self._noticed = notices
            say_notices(notices)
        rows = {name: row_of(name, decision) for name, decision in planned.plan.decisions.items()}
        is_quiet = not paths  # at first, and after a run, which has told what is up to date
        known = self._rows or {}
        new = [row for name, row in rows.items() if known.get(name) != row and not (is_quiet and row.word in _AT_REST)]
        if self._display is not None:
            return  # a run tells for itself
        is_first, self._rows = self._rows is None, rows
        if new:
            table((mark(row.word), row.step, LOOKS[row.word].word, row.why) for row in _gathered(new))
        if new or is_first or paths:
            words = [row.word for row in rows.values()]
            parts = [f"{words.count(word)} {LOOKS[word].word}" for word in LOOKS if word in words]
            say(dim(f"{count(len(rows), 'step')}: {', '.join(parts)}"))

    def started(self, workspace: Workspace, run: int) -> None:
        """Its steps tell of themselves."""
        self._display = ProgressDisplay(place=places(workspace, run))
        self._display.line(f"run {run} started")
        # What it leaves stale is told after it, as it was before
        self._rows = {name: row for name, row in (self._rows or {}).items() if row.word in _AT_REST}

    def followed(self, change: Change) -> None:
        """Steps that ended, and what runs now."""
        if self._display is not None:
            self._display.update(change.run, change.steps)

    def outdated(self, step: str, reasons: Sequence[str], *, restarted: bool) -> None:
        """It is ended, or goes on and is run again."""
        what = "is ended and runs again" if restarted else "goes on and runs again after it; --restart ends it at once"
        self._line(f"{mark('stale')} {one_line(step)} {what}: {one_line('; '.join(reasons))}")

    def cancelling(self, run: int) -> None:
        """How to leave it."""
        self._line(f"cancelling run {run}; Ctrl-C again leaves it to itself")

    def left(self, run: int) -> None:
        """How to find it again."""
        self._close()
        note(f"run {run} goes on; follow it: mlpw logs {run} -f, stop it: mlpw cancel {run}")

    def ended(self, workspace: Workspace, run: RunRecord) -> None:
        """As `mlpw run` says it."""
        self._close()
        report_end(workspace, run, as_json=False)

    def waits(self, run: int) -> None:
        """Whom it waits for."""
        say(f"run {run} of this pipeline goes on; what was saved runs after it")

    def failed(self, error: MlpwError) -> None:
        """Why not."""
        say(f"{mark('failed')} {one_line(str(error))}")

    def refused(self, run: int, why: str) -> None:
        """What happens instead."""
        self._line(
            f"{mark('stale')} run {run} goes on as it is, and the next run takes what was saved: {one_line(why)}"
        )

    def _told_error(self, planned: Replanned) -> bool:
        text = str(planned.error or "")
        if text and text != self._error:
            kept = "; the last good plan stays" if planned.plan is not None else ""
            self._line(f"{mark('failed')} {one_line(text)}{kept}")
            for row in excerpt(planned.error, self._root):
                self._line(row)
        elif self._error and not text:
            self._line(f"{mark('succeeded')} {one_line(self._pipeline)} loads again")
        self._error = text
        return bool(text)

    def _line(self, text: str) -> None:
        """A line that does not tear a run's live line."""
        if self._display is not None:
            self._display.line(text)
        else:
            say(text)

    def _close(self) -> None:
        if self._display is not None:
            self._display.close()
            self._display = None


def _gathered(rows: Sequence[Row]) -> list[Row]:
    """The rows, with one for all steps that stay because they opened none of the same files, when these are many."""
    staying = Counter(row.unopened for row in rows if row.word == "up_to_date" and row.unopened)
    many = {unopened: number for unopened, number in staying.items() if number > _MOST_STAYING}
    gathered = [
        Row(count(number, "step"), "up_to_date", (not_opened(unopened, number),)) for unopened, number in many.items()
    ]
    return [*gathered, *(row for row in rows if row.word != "up_to_date" or row.unopened not in many)]


class JsonWords:
    """One JSON value a line, each with its `event`."""

    def __init__(self) -> None:
        self._rows: Mapping[str, Row] | None = None
        self._error = ""
        self._noticed: dict[int, int] = {}

    def begin(self, files: int, note_: str) -> None:
        """`watching`."""
        _say("watching", files=files, **({"note": note_} if note_ else {}))

    def planned(self, planned: Replanned, paths: Sequence[str]) -> None:
        """`plan` with every step at first, those that differ and are `removed` afterwards; or `error`."""
        text = str(planned.error or "")
        if text:
            if text != self._error or paths:
                _say("error", changed=list(paths), error=text, **_place(planned.error))
            self._error = text
            return
        if planned.plan is None:
            return
        rows = {name: row_of(name, decision) for name, decision in planned.plan.decisions.items()}
        before = self._rows or {}
        new = {name: row.report() for name, row in rows.items() if before.get(name) != row}
        gone = [name for name in before if name not in rows]
        if new or gone or paths or self._error:
            removed = {"removed": gone} if gone else {}
            _say("plan", changed=list(paths), steps=new, **removed, is_up_to_date=planned.plan.is_up_to_date)
        self._rows, self._error = rows, ""

    def started(self, workspace: Workspace, run: int) -> None:
        """`started`."""
        _say("started", run=str(run))

    def followed(self, change: Change) -> None:
        """`notice` for what is said of the run, `step` for each that stands otherwise."""
        notices, run = change.run.notices, change.run.number
        for notice in notices[self._noticed.get(run, 0) :]:
            _say("notice", run=str(run), notice=notice)
        self._noticed[run] = len(notices)
        for step in change.steps:
            _say("step", run=str(step.run), step=step.step, status=str(step.status), reasons=list(step.reasons))

    def outdated(self, step: str, reasons: Sequence[str], *, restarted: bool) -> None:
        """`outdated`."""
        _say("outdated", step=step, reasons=list(reasons), restarted=restarted)

    def cancelling(self, run: int) -> None:
        """`cancelling`."""
        _say("cancelling", run=str(run))

    def left(self, run: int) -> None:
        """`left`."""
        _say("left", run=str(run))

    def ended(self, workspace: Workspace, run: RunRecord) -> None:
        """`ended`, with the report of `mlpw run --json`."""
        report = run_report(run, workspace.steps(run.number), workspace.run_graph(run.number), workspace.whereabouts)
        _say("ended", **report)

    def waits(self, run: int) -> None:
        """`waits`."""
        _say("waits", run=str(run))

    def failed(self, error: MlpwError) -> None:
        """`error`."""
        _say("error", changed=[], error=str(error))

    def refused(self, run: int, why: str) -> None:
        """`refused`."""
        _say("refused", run=str(run), why=why)


def excerpt(error: MlpwError | None, root: Path) -> list[str]:
    """The line of the file (seen from `root`) that an error is about, and a mark below its column."""
    location = error.location if error is not None else None
    if location is None or not location.line:
        return []
    try:
        with (root / location.file).open(encoding="utf-8", errors="replace") as file:
            line = next(itertools.islice(file, location.line - 1, location.line), "").rstrip("\n").expandtabs(1)
    except OSError:
        return []
    column = max(0, location.column - 1)
    left = max(0, column - _EXCERPT // 2)
    rows = [dim(f"{location.line:6d} | ") + one_line(line[left : left + _EXCERPT])]
    return [*rows, dim(f"{'':6} | ") + " " * (column - left) + "^"] if location.column else rows


def _place(error: MlpwError | None) -> dict[str, Any]:
    location = error.location if error is not None else None
    if location is None:
        return {}
    return {"file": location.file, "line": location.line, "column": location.column}


def _say(event: str, **values: Any) -> None:
    say(json.dumps({"event": event, **values}))


def _shown(paths: Sequence[str]) -> str:
    """Files as a person reads them, seen from the working folder where they lie in it."""
    here = str(Path.cwd())
    names = [os.path.relpath(path, here) if path.startswith(f"{here}/") else path for path in paths[:_SHOWN_PATHS]]
    more = len(paths) - len(names)
    return one_line(", ".join(names)) + (f" and {more} more" if more else "")
