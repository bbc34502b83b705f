"""The Build screen: a pipeline's graph, the selected step's ports, and what the last edit changed."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from tui.dialogs.box import ConfirmDialog, when_yes
from tui.dialogs.design_choose import ChooseDialog
from tui.dialogs.design_form import Field, FormDialog
from tui.keys.actions import bindings
from tui.keys.moves import LIST_KEYS
from tui.panes.detail import source_lines
from tui.panes.ports import PortsPane
from tui.panes.steps import StepsPane
from tui.reading import designing
from tui.reading.designing import Change, Choice, EditView, PortView, StepPorts
from tui.screens.base import WorkbenchScreen
from tui.views import Scene, SessionError, Subject, Trouble
from tui.widgets.document import Document, Line
from tui.widgets.status import Status
from tui.widgets.steps import StepsWidget
from tui.widgets.table import Column, Row, Table
from tui.wording.safe import one_line

if TYPE_CHECKING:
    from core.workspace import Workspace

Found = TypeVar("Found")


_HELLO = (
    "a adds a step of a component, n one with a command.",
    "Enter goes from a step to its ports, and fills the port there.",
    "Every edit is written at once and shown here; u takes it back.",
)
#: What stands for an input of the pipeline that is to be made.
_NEW = "inputs."


class _Changes(Document):
    BINDINGS = [key for key in LIST_KEYS if key.id != "list.enter"]


class DesignScreen(WorkbenchScreen):
    """Every edit is written at once, shown as a diff, and can be undone; one that would break the file is not made."""

    WHERE = "design"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(("design.",), "design"),
        Binding("escape", "out", "out", show=False, id="design.out"),
    ]
    DEFAULT_CSS = """
    DesignScreen #design-lower { height: 1fr; layout: horizontal; }
    DesignScreen #ports { width: 1fr; height: 1fr; }
    DesignScreen #changes { width: 1fr; height: 1fr; }
    DesignScreen.-narrow #design-lower, DesignScreen.-tiny #design-lower { layout: vertical; }
    DesignScreen.-narrow #changes, DesignScreen.-tiny #changes { width: 1fr; height: 7; }
    DesignScreen.-narrow #changes.-empty, DesignScreen.-tiny #changes.-empty { display: none; }
    """

    def __init__(self, pipeline: str, step: str = "", start: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.pipeline = pipeline
        self.steps = StepsPane(id="steps")
        self.ports = PortsPane(id="ports")
        self.changes = _Changes(id="changes", classes="-empty")
        self._wanted, self._start = step, start
        self._design: Mapping[str, StepPorts] = {}
        self._scene = Scene(Subject(pipeline))

    def body(self) -> ComposeResult:
        """The graph above, ports and changes below."""
        with Vertical(id="design"):
            yield self.steps
            with Container(id="design-lower"):
                yield self.ports
                yield self.changes

    def on_mount(self) -> None:
        """Show the pipeline."""
        self.spread_ascii()
        self.header.set_crumbs(self.bridge.name, self.pipeline, "build")
        self._say([Line(text, style="paint--muted") for text in _HELLO], "Changes")
        self.changes.add_class("-empty")
        self._load()

    # What is shown

    @property
    def step(self) -> StepPorts:
        """The step of this file that is selected; a step inside a nested pipeline stands for that pipeline."""
        name = self.steps.selected or str(getattr(self.steps, "selected_group", ""))
        return self._design.get(name.partition(".")[0], StepPorts(""))

    def files_changed(self) -> None:
        """Somebody else edited: read again."""
        if self.is_mounted:
            self._load()

    @work(exclusive=True, group="design")
    async def _load(self, select: str = "") -> None:
        select = select or self._wanted or self.steps.selected
        self._wanted = ""
        try:
            scene = await self.bridge.scene(Subject(self.pipeline))
            design = await self.bridge.work(designing.design_of(self.pipeline)) if scene.graph is not None else {}
        except SessionError as error:
            self._show_trouble(error.trouble)
            return
        if scene.graph is None:
            self._show_trouble(scene.trouble or Trouble("there is no graph"))
            return
        self._scene, self._design = scene, design
        names = list(scene.graph.steps)
        shown = select if select in names else next((name for name in names if name.split(".")[0] == select), "")
        self.steps.show_scene(scene, shown, f"Build {scene.graph.name}", f"{len(design)} steps")
        self._fit()
        self._show_ports()
        if not self.steps.shown.has_focus and self.focused in (None, self.steps, self.filter_line):
            self.steps.focus_shown()

    def _show_trouble(self, trouble: Trouble) -> None:
        self._design = {}
        self.steps.show_trouble("Cannot be built", trouble, source_lines(self.bridge.root, trouble))
        self.ports.show(StepPorts(""))
        self._fit()

    def _show_ports(self) -> None:
        self.ports.show(self.step)
        self._fit()

    def on_resize(self) -> None:
        """Boxes where there is room, rails where there is not."""
        self._fit()

    def _fit(self) -> None:
        boxes = self.app.size.width >= 100
        self.steps.set_drawing(boxes)
        height = self.app.size.height - 2
        room = max(5, height * (55 if boxes else 40) // 100)
        if not boxes and self.changes.has_class("-empty"):
            room = max(room, height - len(self.step.inputs) - len(self.step.outputs) - 4)
        self.steps.styles.height = max(5, min(self.steps.rows_wanted(), room)) if self._design else room

    def on_steps_widget_selected(self, event: StepsWidget.Selected) -> None:
        """Show the ports of the step."""
        event.stop()
        self.steps.select(event.name)
        self._show_ports()

    def on_steps_widget_entered(self, event: StepsWidget.Entered) -> None:
        """Into the ports."""
        event.stop()
        self.ports.focus()

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

    def apply_filter(self, target: Widget | None, text: str) -> None:
        """Filter the steps or the ports."""
        (self.ports if target is self.ports else self.steps).set_filter(text)

    def action_out(self) -> None:
        """From the ports to the graph, from there back to the Run screen."""
        if self.focused in (self.ports, self.changes):
            self.steps.focus_shown()
        else:
            self.app.pop_screen()

    def action_run(self) -> None:
        """Back to the Run screen, and the plan of a run there."""
        self.app.pop_screen()
        if self._start is not None:
            self.app.call_later(self._start)

    def text_to_copy(self) -> str:
        """What changed last."""
        return self.changes.plain_text

    # Edits

    async def make(self, change: Change, select: str = "") -> None:
        """Make an edit and show it.

        Raises SessionError, with nothing changed, when it would break the pipeline.
        """
        edit = await self.bridge.work(change)
        self.host.log_words(*change.words)
        self._show_edit(edit)
        self._load(select)

    @work(group="edit")
    async def _make(self, change: Change, select: str = "") -> None:
        try:
            await self.make(change, select)
        except SessionError as error:
            self._refused(error.trouble)

    def _show_edit(self, edit: EditView) -> None:
        lines = [Line(notice, status=Status.STALE) for notice in edit.notices]
        lines += [Line(text, style=_style(text), wrap=False) for text in edit.diff[2:]]
        self._say(lines or [Line("nothing changed", style="paint--muted")], edit.title)

    def _refused(self, trouble: Trouble) -> None:
        where = f"{trouble.place.file}:{trouble.place.line}" if trouble.place and trouble.place.line else ""
        lines = [Line(trouble.message, status=Status.FAILED)]
        lines += [Line(where, label="at")] if where else []
        lines += [Line(trouble.hint, label="hint")] if trouble.hint else []
        self._say(lines, "Not changed")

    def _say(self, lines: list[Line], title: str) -> None:
        self.changes.set_class(False, "-empty")
        self._fit()
        self.changes.set_title(one_line(title))
        self.changes.set_lines(lines)
        self.changes.action_ends(-1)

    def action_add(self) -> None:
        """Choose a component, and add a step of it."""
        self._choose_component()

    @work(exclusive=True, group="choose")
    async def _choose_component(self) -> None:
        found = await self._asked(designing.components)
        if found is None:
            return
        columns = (Column("component", 24), Column("file", 30), Column("", 40))
        dialog = ChooseDialog("Add a step of", columns, _rows(found), "no component is defined here", "add")
        self.app.push_screen(dialog, self._add)

    def _add(self, component: str | None) -> None:
        if component:
            change = designing.add_component(self.pipeline, component)
            self._add_and_select(change)

    @work(group="edit")
    async def _add_and_select(self, change: Change) -> None:
        known = set(self._design)
        try:
            await self.make(change)
            design = await self.bridge.work(designing.design_of(self.pipeline))
        except SessionError as error:
            self._refused(error.trouble)
            return
        self._load(next((name for name in design if name not in known), ""))

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
        rows = [*_rows(found, port.source), *_rows([Choice(_NEW, "a new input of the pipeline", port.type)])]
        dialog = ChooseDialog(title, columns, rows, "nothing here fits", "connect")

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
        wanting = [port for port in self.step.inputs if port.is_required and not port.value and _is_loose(port)]
        found = next(iter([*wanting, *(port for port in self.step.inputs if not port.is_parameter)]), None)
        if found is None:
            self._tell("this step takes no data")
        return found

    def action_parameters(self) -> None:
        """A form of the step's parameters."""
        step = self.step
        fields = [_field(f"jobs.{step.name}.inputs.", port) for port in step.inputs if port.is_parameter]
        at = f"jobs.{step.name}.inputs.{self.ports.input.name}" if self.ports.input is not None else ""
        self._fill(f"Parameters of {step.name}", fields, at if self.ports.has_focus else "")

    def action_inputs(self) -> None:
        """A form of the pipeline's own inputs."""
        self._ask_inputs()

    @work(exclusive=True, group="choose")
    async def _ask_inputs(self) -> None:
        found = await self._asked(designing.inputs_of(self.pipeline))
        if found is not None:
            self._fill("Inputs of the pipeline", [_field("inputs.", port) for port in found])

    def action_settings(self) -> None:
        """A form of where and how the step runs, and of what holds for all steps."""
        self._ask_settings(self.step.name)

    @work(exclusive=True, group="choose")
    async def _ask_settings(self, step: str) -> None:
        found = await self._asked(designing.settings_of(self.pipeline, step))
        if found is not None:
            fields = [_setting(key, value, step) for key, value in found.items()]
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
        lines = [*words, *(Line(text, style=_style(text), wrap=False) for text in edit.diff[2:])]
        dialog = ConfirmDialog(f"Remove {name}", lines, "remove it", "leave it")
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
            self._load()

    async def _asked(self, wanted: "Callable[[Workspace], Found]") -> "Found | None":
        try:
            return await self.bridge.work(wanted)
        except SessionError as error:
            self._refused(error.trouble)
            return None

    def _tell(self, text: str) -> None:
        self.notify(text, severity="warning", markup=False)


def _is_loose(port: PortView) -> bool:
    """Whether an input takes nothing yet, or only an input of the pipeline."""
    return not port.source or port.source.startswith("inputs.")


def _field(prefix: str, port: PortView) -> Field:
    given = f"now {port.source}" if port.source else f"default {port.default}" if port.default else ""
    placeholder = given or ("needs a value" if port.is_required else "optional")
    about = " · ".join(filter(None, (port.type, port.about)))
    return Field(f"{prefix}{port.name}", port.name, port.value, placeholder, about)


def _setting(key: str, value: str, step: str) -> Field:
    name = key.removeprefix(f"jobs.{step}.")
    about = "of every step, unless it says otherwise" if key.startswith("settings.") else "of this step"
    return Field(key, name.removeprefix("settings."), value, "not said", about)


def _rows(found: list[Choice], now: str = "") -> list[Row]:
    return [
        Row(
            each.key,
            (
                (each.name, "paint--title"),
                (each.kind, "paint--muted"),
                ("now" if now and each.key == now else each.about, "paint--text"),
            ),
        )
        for each in found
    ]


def _style(text: str) -> str:
    """The colour of a line of a diff; its first character says the same."""
    return {"+": "status--succeeded", "-": "status--failed", "@": "paint--muted"}.get(text[:1], "paint--text")
