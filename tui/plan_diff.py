"""`mlpw plan --diff`: what changed since the last results, as a person and as a script reads it."""

from collections.abc import Sequence
from typing import Any

from core.planning.plan import NotSelected, UpToDate
from core.workspace.step_diff import StepDiff, shared
from tui.console import Painted, dim, mark, say, wants_colour
from tui.reports import decision_word
from tui.wording.changes import heading, remark, shown_lines, whose
from tui.wording.safe import one_line

_COLOURS = {"+": "32", "-": "31", "@": "36"}
_BOLD = "1"


def say_diffs(diffs: Sequence[StepDiff]) -> None:
    """Why each step runs, or stays; then every change once, with the steps that it is the same for."""
    for diff in diffs:
        since = f"since run {diff.since}" if diff.since else ""
        words = one_line("; ".join(part for part in (since, diff.note) if part))
        reasons = one_line("; ".join(diff.reasons) or "up to date")
        say(f"{mark(decision_word(diff.decision))} {one_line(diff.step)}: {reasons}{dim(f'  {words}')}")
    if not diffs:
        say("no step would run: nothing has changed")
    alone = len(diffs) == 1
    for both in shared(diffs):
        say()
        of = whose(both.steps, both.unopened_by, alone=alone)
        say(_painted(heading(both.change), _BOLD) + dim(f"  {of}" if of else ""))
        if words := remark(both.change):
            say(dim(f"  {words}"))
        for line in shown_lines(both.change) if both.steps or alone else ():
            say(f"  {_painted(line, _COLOURS.get(line[:1], ''))}")


def _painted(text: str, colour: str) -> str:
    shown = one_line(text)
    return Painted(f"\033[{colour}m{shown}\033[0m") if colour and wants_colour() else shown


def diff_report(diff: StepDiff) -> dict[str, Any]:
    """A step of `mlpw plan --diff --json`."""
    return {
        "decision": decision_word(diff.decision),
        "reasons": [] if isinstance(diff.decision, UpToDate | NotSelected) else list(diff.reasons),
        "since_run": str(diff.since) if diff.since else None,
        "note": diff.note,
        "changes": [
            {
                "about": str(change.topic),
                "path": change.path,
                "change": change.kind,
                "counts": change.counts,
                "diff": list(change.lines),
                "bytes": [size if size >= 0 else None for size in change.sizes],
                "note": change.note,
            }
            for change in diff.changes
        ],
    }
