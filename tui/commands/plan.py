"""`mlpw plan`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from tui.commands.complete import complete_step
from tui.commands.options import Asked, json_option, pipeline_argument, selection_options
from tui.console import mark, say, say_json, say_notices, table
from tui.place import Place
from tui.wording.computes import place_words
from tui.wording.estimates import time_words
from tui.wording.status import LOOKS
from tui.wording.units import count, duration

if TYPE_CHECKING:
    from core.planning.estimate import Estimate
    from core.planning.graph import Step
    from core.planning.plan import Decision


@click.command()
@pipeline_argument
@click.argument("steps", metavar="[STEP]...", nargs=-1, shell_complete=complete_step)
@click.option("--diff", "differs", is_flag=True, help="What changed since the last results, line by line.")
@selection_options
@json_option
@click.pass_obj
def plan(
    place: Place,
    /,
    *,
    pipeline: Path,
    steps: tuple[str, ...],
    differs: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Show what a run of PIPELINE would do, why, and how long it would take; changes nothing.

    With --diff it shows what changed of the steps that would run, or of each STEP, against what their last results
    were made from: code, command, parameters, environment, data.

    \b
    Examples:
      mlpw plan pipelines/train.yml
      mlpw plan pipelines/train.yml --set inputs.learning_rate=0.05
      mlpw plan pipelines/train.yml --to evaluate --json
      mlpw plan pipelines/train.yml --diff
      mlpw plan pipelines/train.yml --diff train
    """
    file, asked = place.path(pipeline), Asked(**options)
    if steps and not differs:
        raise click.UsageError("steps are named for --diff; to plan only some: --only STEP, --from STEP, --to STEP")
    if differs:
        _say_diffs(place, file, asked, steps, as_json=as_json)
        return
    settled = _settled_rows(place, file, asked)
    rows, time = (settled, None) if settled else _planned_rows(place, file, asked)
    if as_json:
        chosen = [row for row in rows if row.word != "not_selected"]
        reports = {row.step: row.report() for row in chosen}
        say_json({"steps": reports, "estimate": estimate_report(time)})
        return
    last = time.last if time else {}
    took = {step: duration(seconds) for step, seconds in last.items()}
    marks = {word: mark(word) for word in {row.word for row in rows}}
    table(
        (marks[r.word], r.step, LOOKS[r.word].word, took.get(r.step, ""), place_words(r.computes), r.why) for r in rows
    )
    words = [row.word for row in rows]
    parts = [f"{words.count(word)} {said}" for word, said in _COUNTED.items() if word in words]
    say(f"{count(len(rows), 'step')}: {', '.join(parts)}")
    if time is not None and (time.last or time.unknown):
        say(time_words(time.seconds, time.at_least, len(time.last), time.unknown))


def _say_diffs(place: Place, file: Path, asked: Asked, steps: tuple[str, ...], *, as_json: bool) -> None:
    from core.workspace.step_diff import step_diffs  # a plan alone needs none of it
    from tui.plan_diff import diff_report, say_diffs

    with place.workspace(file) as workspace:
        graph = workspace.graph(file, asked.changes)
        found = step_diffs(workspace, graph, asked.selection, steps)
    if as_json:
        say_json({"steps": {diff.step: diff_report(diff) for diff in found}})
    else:
        say_notices(graph.notices)
        say_diffs(found)


class Row(NamedTuple):
    """A step with its decision in one word and why; `unopened` are changed files that do not matter to it.

    `computes` are the hosts on one of which it would run; none for a process of this machine.
    """

    step: str
    word: str
    reasons: tuple[str, ...] = ()
    unopened: tuple[str, ...] = ()
    computes: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """The reasons in one line, or why a change is none."""
        if not self.unopened:
            return "; ".join(self.reasons)
        from core.planning.reasons import not_opened  # a settled pipeline needs no words

        return not_opened(self.unopened)

    def report(self) -> dict[str, Any]:
        """As `mlpw plan --json` says it."""
        unopened = {"unopened": list(self.unopened)} if self.unopened else {}
        computes = {"computes": list(self.computes)} if self.computes else {}
        return {"decision": self.word, "reasons": list(self.reasons), **unopened, **computes}


_RUNS = ("stale", "waiting")
_COUNTED = {"up_to_date": "up to date", "stale": "stale", "waiting": "waiting", "not_selected": "left out"}


def _settled_rows(place: Place, file: Path, asked: Asked) -> list[Row]:
    """Where everything is as a remembered run found it, there is nothing to plan; else no rows."""
    from core.workspace.again import recall_settled

    again = recall_settled(place.layout(file), file, asked.changes) if asked.is_everything else None
    if again is None:
        return []
    say_notices(again.notices)
    return [Row(step, "up_to_date") for step in again.steps]


def _planned_rows(place: Place, file: Path, asked: Asked) -> "tuple[list[Row], Estimate]":
    with place.workspace(file) as workspace:
        graph = workspace.graph(file, asked.changes)
        found = workspace.plan(graph, asked.selection)
        time = workspace.estimate(graph, found)
    say_notices(graph.notices)
    rows = [row_of(name, decision) for name, decision in found.decisions.items()]
    return [row._replace(computes=_computes(graph.steps[row.step])) if row.word in _RUNS else row for row in rows], time


def _computes(step: "Step") -> tuple[str, ...]:
    return step.computes or ((step.compute,) if step.compute != "local" else ())


def row_of(step: str, decision: "Decision") -> Row:
    """A decision in words."""
    from tui.reports import decision_reasons, decision_word  # a settled pipeline needs no planning

    return Row(step, decision_word(decision), tuple(decision_reasons(decision)), getattr(decision, "unopened", ()))


def estimate_report(time: "Estimate | None") -> dict[str, Any]:
    """How long a run would take, as `mlpw plan --json` says it."""
    return {
        "seconds": round(time.seconds, 3) if time else 0.0,
        "at_least_s": round(time.at_least, 3) if time else 0.0,
        "last_s": {step: round(seconds, 3) for step, seconds in time.last.items()} if time else {},
        "unknown": list(time.unknown) if time else [],
    }
