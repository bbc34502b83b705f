"""The Build screen: a pipeline made on its graph, each edit written at once, shown as a diff, and undone by a key."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import work
from textual.binding import Binding, BindingType

from tui.dialogs.box import ConfirmDialog, when_yes
from tui.dialogs.design_choose import ChooseDialog
from tui.dialogs.design_form import Field, FormDialog
from tui.keys.actions import bindings, key_of
from tui.reading import designing
from tui.reading.designing import Change, Choice, EditView, PortView, StepPorts
from tui.screens.design_body import DesignBody
from tui.screens.design_words import Outer, choice_rows, diff_lines, field_of, is_loose, setting_of, trouble_lines
from tui.views import SessionError, Trouble
from tui.widgets.document import Line
from tui.widgets.status import Status
from tui.widgets.table import Column, Table
from tui.wording.safe import one_line

if TYPE_CHECKING:
    from core.workspace import Workspace

Found = TypeVar("Found")
#: What stands for an input of the pipeline that is to be made.
_NEW = "inputs."


class DesignScreen(DesignBody):
    """Add, connect, set, rename, remove; an edit that would break the file is said, and not made."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(("design.", "view."), "design"),
        Binding("escape", "out", "out", show=False, id="design.out"),
    ]

    def __init__(
        self, pipeline: str, step: str = "", start: Callable[[], None] | None = None, outer: Outer | None = None
    ) -> None:
        """Build the pipeline in a file relative to the workspace; `start` shows what a run would do."""
        super().__init__(pipeline, step, outer)
        self._start = start

    def action_run(self) -> None:
        """Back to the Run screen, and the plan of a run there."""
        while isinstance(self.app.screen, DesignScreen):
            self.app.pop_screen()
        if self._start is not None:
            self.app.call_later(self._start)

    def enter_nested(self, step: StepPorts, inside: str) -> None:
        """The same screen on the file of the pipeline that a step is."""
        if step.nested in ("", self.pipeline):
            what = f"{step.name} is written inside this file" if step.nested else f"{step.component} is registered"
            self._tell(one_line(f"{what}, so its steps cannot be changed here; these are its ports"))
            self.ports.focus()
            return
        outer = Outer(self.pipeline, step.name)
        if self.outer is not None:
            outer = Outer(self.outer.pipeline, f"{self.outer.step}.{step.name}")
        self.app.push_screen(DesignScreen(step.nested, inside, self._start, outer))

    def on_table_entered(self, event: Table.Entered) -> None:
        """Fill the input in the way that its type asks for."""
        event.stop()
        port = self.ports.input
        if port is None:
            self.action_output()
        elif port.is_parameter and not port.source:
            self.action_parameters()
        else:
            self.action_connect()

    async def make(self, change: Change, select: str = "") -> None:
        """Make an edit and show it.

        Raises SessionError, with nothing changed, when it would break the pipeline.
        """
        edit = await self.bridge.work(change)
        self.host.log_words(*change.words)
        self._show_edit(edit)
        self.load(select)

    @work(group="edit")
    async def _make(self, change: Change, select: str = "") -> None:
        try:
            await self.make(change, select)
        except SessionError as error:
            self._refused(error.trouble)

    def _show_edit(self, edit: EditView) -> None:
        self.say(diff_lines(edit) or [Line("nothing changed", style="paint--muted")], edit.title)

    def _refused(self, trouble: Trouble) -> None:
        self.say(trouble_lines(trouble), "Not changed")

    def action_add(self) -> None:
        """Choose a component, and add a step of it."""
        self._choose_component()

    @work(exclusive=True, group="choose")
    async def _choose_component(self) -> None:
        found = await self._asked(designing.components)
        if found is None:
            return
        columns = (Column("component", 24), Column("file", 30), Column("", 40))
        none = f"no component here: {key_of('design.command')} adds a step with a command"
        dialog = ChooseDialog("Add a step of", columns, choice_rows(found), none, "add")
        self.app.push_screen(dialog, self._add)

    def _add(self, component: str | None) -> None:
        if component:
            change = designing.add_component(self.pipeline, component)
            self._add_and_select(change)

    @work(group="edit")
    async def _add_and_select(self, change: Change) -> None:
        known = set(self.design)
        try:
            await self.make(change)
            design = await self.bridge.work(designing.design_of(self.pipeline))
        except SessionError as error:
            self._refused(error.trouble)
            return
        self.load(next((name for name in design if name not in known), ""))

    def action_command(self) -> None:
        """Write a command, and add a step with it."""
        about = "a shell command; name its ports ${{inputs.NAME}} and ${{outputs.NAME}}: inputs can be connected then"
        fields = [Field("name", "name", "", "such as count_rows"), Field("command", "command", "", "", about)]

        async def apply(values: Mapping[str, str]) -> None:
            name, command = values.get("name", ""), values.get("command", "")
            if not name or not command:
                raise SessionError(Trouble("a step needs a name and a command"))
            await self.make(designing.add_command(self.pipeline, name, command), name)

        self.app.push_screen(FormDialog("Add a command", fields, apply, "add"))

    def action_connect(self) -> None:
        """Choose what the selected input takes, among what fits."""
        port = self._input()
        if port is not None:
            self._choose_source(self.step.name, port)

    @work(exclusive=True, group="choose")
    async def _choose_source(self, step: str, port: PortView) -> None:
        found = await self._asked(designing.sources_of(self.pipeline, step, port.name))
        if found is None:
            return
        columns = (Column("takes", 40), Column("type", 16), Column("", 20))
        title = one_line(f"{step}.{port.name}{f' ({port.type})' if port.type else ''} takes")
        rows = [
            *choice_rows(found, port.source),
            *choice_rows([Choice(_NEW, "a new input of the pipeline", port.type)]),
        ]
        dialog = ChooseDialog(title, columns, rows, "nothing here fits", "connect", port.source)

        def answered(source: str | None) -> None:
            if source == _NEW:
                self._name_input(step, port)
            elif source:
                self._make(designing.connect(self.pipeline, step, port.name, source))

        self.app.push_screen(dialog, answered)

    def _name_input(self, step: str, port: PortView) -> None:
        """Ask for the name of an input of the pipeline, and connect it."""

        async def apply(values: Mapping[str, str]) -> None:
            await self.make(designing.connect(self.pipeline, step, port.name, f"{_NEW}{values['name']}"))

        about = "a run is given its value: in the file, by i, or by --set"
        field = Field("name", "name", "", f"such as {port.name}", about)
        self.app.push_screen(FormDialog(f"A new input for {step}.{port.name}", [field], apply, "connect"))

    def action_disconnect(self) -> None:
        """Take away what the selected input is given."""
        port = self._input()
        if port is not None and not (port.source or port.value):
            self._tell(f"{self.step.name}.{port.name} is given nothing")
        elif port is not None:
            self._make(designing.disconnect(self.pipeline, self.step.name, port))

    def _input(self) -> PortView | None:
        """The selected input; from the graph, the first that still needs something."""
        if self.ports.has_focus:
            if self.ports.input is None:
                self._tell("select an input of the step first")
            return self.ports.input
        wanting = [port for port in self.step.inputs if port.is_required and not port.value and is_loose(port)]
        found = next(iter([*wanting, *(port for port in self.step.inputs if not port.is_parameter)]), None)
        if found is None:
            self._tell("this step takes no data")
        return found

    def action_parameters(self) -> None:
        """A form of the step's parameters."""
        step = self.step
        fields = [field_of(f"jobs.{step.name}.inputs.", port) for port in step.inputs if port.is_parameter]
        at = f"jobs.{step.name}.inputs.{self.ports.input.name}" if self.ports.input is not None else ""
        self._fill(f"Parameters of {step.name}", fields, at if self.ports.has_focus else "")

    def action_inputs(self) -> None:
        """A form of the pipeline's own inputs."""
        self._ask_inputs()

    @work(exclusive=True, group="choose")
    async def _ask_inputs(self) -> None:
        found = await self._asked(designing.inputs_of(self.pipeline))
        if found is not None:
            self._fill("Inputs of the pipeline", [field_of("inputs.", port) for port in found])

    def action_settings(self) -> None:
        """A form of where and how the step runs, and of what holds for all steps."""
        self._ask_settings(self.step.name)

    @work(exclusive=True, group="choose")
    async def _ask_settings(self, step: str) -> None:
        found = await self._asked(designing.settings_of(self.pipeline, step))
        if found is not None:
            fields = [setting_of(key, value, step) for key, value in found.items()]
            self._fill(f"Settings of {step}" if step else "Settings", fields)

    def _fill(self, title: str, fields: list[Field], at: str = "") -> None:
        """Ask for values by dotted key; an emptied field takes its value out of the file."""
        fields = [field for field in fields if one_line(field.value) == field.value]  # one line is what a field holds
        if not fields:
            self._tell("there is nothing to set here")
            return

        async def apply(values: Mapping[str, str]) -> None:
            await self.make(designing.set_values(self.pipeline, values))

        self.app.push_screen(FormDialog(title, fields, apply, "set", at=at))

    def action_rename(self) -> None:
        """Write another name for the step."""
        old = self.step.name
        if not old:
            self._tell("select a step first")
            return

        async def apply(values: Mapping[str, str]) -> None:
            await self.make(designing.rename_step(self.pipeline, old, values["name"]), values["name"])

        about = "lower-case letters, digits and underscores, as Azure ML wants them"
        self.app.push_screen(FormDialog(f"Rename {old}", [Field("name", "name", old, "", about)], apply, "rename"))

    def action_remove(self) -> None:
        """Show what removing the step would change, and ask."""
        if self.step.name:
            self._ask_to_remove(self.step.name)

    @work(exclusive=True, group="choose")
    async def _ask_to_remove(self, name: str) -> None:
        change = designing.remove_step(self.pipeline, name)
        words: list[Line] = []
        try:
            edit = await self.bridge.work(change.preview)
        except SessionError as error:
            words = [Line(error.trouble.message, status=Status.STALE)]
            words += [Line("what it takes from this step would become an input of the pipeline"), Line()]
            change = designing.remove_step(self.pipeline, name, leave_open=True)
            try:
                edit = await self.bridge.work(change.preview)
            except SessionError as refused:
                self._refused(refused.trouble)
                return
        dialog = ConfirmDialog(f"Remove {name}", [*words, *diff_lines(edit)], "remove it", "leave it")
        self.app.push_screen(dialog, when_yes(lambda: self._make(change)))

    def action_output(self) -> None:
        """Name an output of the pipeline that the selected output becomes."""
        port, step = self.ports.output, self.step.name
        if port is None or not self.ports.has_focus:
            self._tell("select an output of the step first")
            return

        async def apply(values: Mapping[str, str]) -> None:
            await self.make(designing.add_output(self.pipeline, values["name"], step, port.name))

        field = Field("name", "name", "", "what the output of the pipeline is called", f"what {step}.{port.name} makes")
        self.app.push_screen(FormDialog(f"An output of the pipeline: {step}.{port.name}", [field], apply, "add"))

    def action_undo(self) -> None:
        """Take back the last edit of the file."""
        self._go_back("undo", designing.undo(self.pipeline))

    def action_redo(self) -> None:
        """Do again what was undone."""
        self._go_back("redo", designing.redo(self.pipeline))

    @work(group="edit")
    async def _go_back(self, verb: str, wanted: "Callable[[Workspace], EditView]") -> None:
        edit = await self._asked(wanted)
        if edit is not None:
            self.host.log_words("mlpw", "edit", verb, self.pipeline)
            self._show_edit(edit)
            self.load()

    async def _asked(self, wanted: "Callable[[Workspace], Found]") -> "Found | None":
        try:
            return await self.bridge.work(wanted)
        except SessionError as error:
            self._refused(error.trouble)
            return None

    def _tell(self, text: str) -> None:
        self.notify(text, severity="warning", markup=False)
