"""A run that finds everything as the last one left it: the most frequent call, so it imports little."""

from pathlib import Path

from tui.console import mark, say, say_notices
from tui.place import Place
from tui.wording.units import count


def ran_again(place: Place, pipeline: Path, changes: tuple[tuple[str, str], ...] = ()) -> bool:
    """Whether everything is as a remembered run found it: then that run is recorded once more, and that is all."""
    from core.workspace.again import recall_settled

    layout = place.layout(pipeline)
    again = recall_settled(layout, pipeline, changes)
    number = again.submit(layout) if again is not None else 0
    if again is None or not number:
        return False
    say_notices(again.notices)
    say_nothing_to_do(number, len(again.steps))
    return True


def say_nothing_to_do(run: int, steps: int) -> None:
    """One line for a run that found everything up to date."""
    say(f"{mark('reused')} run {run}: nothing to do, {count(steps, 'step')} up to date")
