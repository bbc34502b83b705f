"""What a run would do, shown before it starts: what runs, why, how long it takes, what stays."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from textual import work
from textual.binding import Binding
from textual.widgets import Input

from tui.dialogs.box import Dialog
from tui.keys.hints import hint
from tui.views import Asked, Preview, Reach, SessionError, StepState
from tui.widgets.bar import Hint
from tui.widgets.document import Line
from tui.widgets.status import Status
from tui.wording.estimates import time_words
from tui.wording.units import count, duration

_RUNS = (Status.STALE, Status.FAILED, Status.CANCELLED, Status.WAITING)
_TIME_COLUMN = 6
#: From so many steps on it is worth saying that they can be filtered.
_MANY = 15
_REACH = {
    Reach.CHANGED: ("w", "changed"),
    Reach.FROM: ("f", "from"),
    Reach.ONLY: ("o", "only"),
    Reach.TO: ("t", "up to"),
}


class RunPlanDialog(Dialog[Asked | None]):
    """Shows the plan of what is asked, which keys can change, and answers what a person wants to run, or None.

    `here` is the step that the other selections are about, "" for none; `diff` shows what changed of what is asked.
    """

    BINDINGS = [
        Binding("enter,y", "yes", "run", show=False, id="plan.yes"),
        Binding("escape,q", "no", "leave it", show=False, id="plan.no"),
        *(Binding(key, f"reach('{reach}')", words, show=False, id=f"plan.{reach}") for reach, (key, words) in
          _REACH.items()),
        Binding("F", "force", "forced", show=False, id="plan.force"),
        Binding("d", "diff", "diff", show=False, id="plan.diff"),
        Binding("slash", "filter", "filter", show=False, id="plan.filter"),
    ]  # fmt: skip

    DEFAULT_CSS = """
    RunPlanDialog Input { height: 1; border: none; padding: 0 1; display: none; background: $bar; }
    RunPlanDialog Input:focus { border: none; }
    """

    def __init__(
        self,
        ask: Callable[[Asked], Awaitable[Preview]],
        asked: Asked,
        name: str,
        here: str = "",
        diff: Callable[[Asked], None] | None = None,
    ) -> None:
        super().__init__("", [], [], label_width=_TIME_COLUMN)
        self._diff = diff
        self._ask, self._asked, self._pipeline, self._here = ask, asked, name, here
        self._preview: Preview | None = None
        self._needle = ""
        self._filter = Input(placeholder="filter, ! inverts", select_on_focus=False)

    def on_mount(self) -> None:
        """Ask for the plan while the dialog is already there."""
        self.query_one("#dialog").mount(self._filter, before=self._footer)
        self._look()

    def _look(self) -> None:
        self._preview = None
        self._heading = _title(self._pipeline, self._asked)
        self._words.set_title(self._heading)
        self.say([Line("planning ...", style="paint--muted")])
        self.offer(self._leave("leave it"))
        self._plan()

    @work(exclusive=True)
    async def _plan(self) -> None:
        asked = self._asked
        try:
            preview = await self._ask(asked)
        except SessionError as error:
            self.offer(*self._ways(), self._leave("close"))
            self.say([Line(error.trouble.message, status=Status.FAILED), *_hint(error.trouble.hint)])
            return
        if asked == self._asked:
            self._preview = preview
            self._show()

    def _show(self) -> None:
        assert self._preview is not None
        runs = [hint(self.BINDINGS, "plan.yes", "run")] if self._may_run else []
        filters = [hint(self.BINDINGS, "plan.filter", "filter")] if len(self._preview.states) >= _MANY else []
        differs = [hint(self.BINDINGS, "plan.diff", "diff")] if self._may_run and self._diff is not None else []
        self.offer(*runs, *differs, *self._ways(), *filters, self._leave("leave it"))
        self.say(preview_lines(self._preview, self._needle))

    @property
    def _may_run(self) -> bool:
        return self._preview is not None and bool(self._preview.with_status(*_RUNS))

    def _ways(self) -> list[Hint]:
        """The keys that choose something else than what is shown."""
        ways = [
            hint(self.BINDINGS, f"plan.{reach}", words)
            for reach, (_, words) in _REACH.items()
            if reach is not self._asked.reach and (self._here or reach is Reach.CHANGED)
        ]
        return [*ways, hint(self.BINDINGS, "plan.force", "unforced" if self._asked.force else "forced")]

    def _leave(self, label: str) -> Hint:
        return hint(self.BINDINGS, "plan.no", label)

    def action_reach(self, reach: str) -> None:
        """Choose other steps; those from a step on, and a step alone, are wanted again though nothing changed."""
        wanted = Reach(reach)
        if wanted is not Reach.CHANGED and not self._here:
            return
        steps = () if wanted is Reach.CHANGED else (self._here,)
        self._asked = replace(self._asked, reach=wanted, steps=steps, force=wanted in (Reach.FROM, Reach.ONLY))
        self._look()

    def action_force(self) -> None:
        """Run what is chosen whatever is known, or only what changed of it."""
        self._asked = replace(self._asked, force=not self._asked.force)
        self._look()

    def action_diff(self) -> None:
        """Show what changed of all that would run."""
        if self._diff is not None and self._may_run:
            self._diff(self._asked)

    def action_filter(self) -> None:
        """Show only the steps whose name or reason contains a text."""
        self._filter.display = True
        self._filter.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while a person writes."""
        event.stop()
        self._needle = event.value.lower()
        if self._preview is not None:
            self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter."""
        event.stop()
        self._close_filter()

    def _close_filter(self) -> None:
        self._filter.display = False
        self._words.focus()

    def action_yes(self) -> None:
        """Run, once there is something to run."""
        self.dismiss(self._asked if self._may_run else None)

    def action_no(self) -> None:
        """Drop the filter, else leave everything as it is."""
        if self._filter.has_focus:
            self._filter.value = ""
            self._close_filter()
        else:
            self.dismiss(None)


def _title(name: str, asked: Asked) -> str:
    how = {
        Reach.CHANGED: "",
        Reach.FROM: f" from {', '.join(asked.steps)}",
        Reach.ONLY: f" only {', '.join(asked.steps)}",
        Reach.TO: f" up to {', '.join(asked.steps)}",
    }[asked.reach]
    return f"Run {name}{how}{', forced' if asked.force else ''}"


def _hint(hint: str) -> list[Line]:
    return [Line(), Line(hint, style="paint--muted")] if hint else []


def preview_lines(preview: Preview, needle: str = "") -> list[Line]:
    """First what runs and why, each with the time it took last, then what may run, then what stays."""
    sure = preview.with_status(Status.STALE, Status.FAILED, Status.CANCELLED)
    perhaps = preview.with_status(Status.WAITING)
    stays = preview.with_status(Status.REUSED, Status.SUCCEEDED)
    others = preview.with_status(Status.NOT_RUN)
    lines: list[Line] = []
    for name, value in preview.asked.changes:
        lines.append(Line(f"{name} = {value}", style="paint--title"))
    if not sure and not perhaps:
        lines += [Line("Everything is up to date: a run would start nothing.", status=Status.REUSED), Line()]
    else:
        words = time_words(preview.seconds, preview.at_least, len(preview.last), preview.untimed)
        lines += [Line(words, style="paint--muted"), Line()] if words else []
    lines += _group(f"{count(len(sure), 'step')} will run", sure, preview, needle)
    lines += _group(f"{count(len(perhaps), 'step')} may run, when what they take has changed", perhaps, preview, needle)
    lines += (
        [Line(f"{count(len(stays), 'step')} stay{'s' if len(stays) == 1 else ''}", style="paint--title")]
        if stays
        else []
    )
    kept = [name for name in stays if _matches(name, needle)]
    lines += [Line(", ".join(kept), status=Status.REUSED, style="paint--muted")] if kept else []
    left = [name for name in others if _matches(name, needle)]
    lines += (
        [*([Line()] if stays else []), Line(f"left as they are: {', '.join(left)}", style="paint--muted")]
        if left
        else []
    )
    return lines


def _group(title: str, names: tuple[str, ...], preview: Preview, needle: str) -> list[Line]:
    if not names:
        return []
    lines = [Line(title, style="paint--title")]
    for name in names:
        state: StepState = preview.states[name]
        view = preview.graph.steps.get(name)
        place = f"on {view.compute}" if view is not None and view.compute else ""
        text = "  ".join(part for part in (name, place, "; ".join(state.reasons)) if part)
        if _matches(text, needle):
            took = duration(preview.last[name]) if name in preview.last else "-"
            lines.append(Line(text, label=took.rjust(_TIME_COLUMN - 1), status=state.status))
    return [*lines, Line()]


def _matches(text: str, needle: str) -> bool:
    inverted, wanted = needle.startswith("!"), needle.lstrip("!")
    return not wanted or (wanted in text.lower()) != inverted
