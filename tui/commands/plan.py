"""`mlpw plan`."""

from pathlib import Path
from typing import Any

import click

from core.planning.plan import NotSelected, Stale, UpToDate, Waiting
from tui.commands.options import (
    Asked,
    json_option,
    pipeline_argument,
    say_notices,
    selection_options,
)
from tui.console import mark, say, say_json, table
from tui.place import Place
from tui.reports import decision_reasons, decision_word, plan_report
from tui.wording.status import LOOKS
from tui.wording.units import count


@click.command()
@pipeline_argument
@selection_options
@json_option
@click.pass_obj
def plan(
    place: Place,
    /,
    *,
    pipeline: Path,
    as_json: bool,
    **options: Any,
) -> None:
    """Show what a run of PIPELINE would do, and why; changes nothing.

    \b
    Examples:
      mlpw plan pipelines/train.yml
      mlpw plan pipelines/train.yml --set inputs.learning_rate=0.05
      mlpw plan pipelines/train.yml --to evaluate --json
    """
    file, asked = place.path(pipeline), Asked(**options)
    with place.workspace(file) as workspace:
        graph = workspace.graph(file, asked.changes)
        found = workspace.plan(graph, asked.selection)
    say_notices(graph.notices)
    if as_json:
        say_json(plan_report(found))
        return
    rows = []
    for name, decision in found.decisions.items():
        word = decision_word(decision)
        rows.append((mark(word), name, LOOKS[word].word, "; ".join(decision_reasons(decision))))
    table(rows)
    kinds = [type(decision) for decision in found.decisions.values()]
    parts = [
        f"{kinds.count(kind)} {words}"
        for kind, words in ((UpToDate, "up to date"), (Stale, "stale"), (Waiting, "waiting"), (NotSelected, "left out"))
        if kind in kinds
    ]
    say(f"{count(len(kinds), 'step')}: {', '.join(parts)}")
