"""What the Run screen offers to make pipelines: the Build screen, clones, templates."""

from collections.abc import Mapping

from textual import work

from tui.dialogs.design_choose import ChooseDialog
from tui.dialogs.design_form import Field, FormDialog
from tui.screens.starting import Starting
from tui.views import SessionError, Subject
from tui.widgets.table import Column, Row


class Building(Starting):
    """Build the pipeline that is shown; write it again under another name; begin another with a template."""

    def action_build(self) -> None:
        """Open the Build screen on the pipeline that is shown."""
        subject = self.subject
        if not subject.pipeline.endswith((".yml", ".yaml")):
            self.say_no_pipeline()
        elif subject.run:
            self.notify("a run of the past stays as it was: select the pipeline", severity="warning", markup=False)
        else:
            from tui.screens.designing import DesignScreen  # a start needs no editing of YAML

            self.app.push_screen(DesignScreen(subject.pipeline, self.steps.selected, self.action_start))

    def action_clone(self) -> None:
        """Ask for the name of a clone of what is selected, and write it."""
        path = self.subject.pipeline
        if not path.endswith((".yml", ".yaml")):
            self.notify("select a pipeline or a component first", severity="warning", markup=False)
            return

        async def apply(values: Mapping[str, str]) -> None:
            from tui.reading import designing

            made = await self.bridge.work(designing.clone(path, values["name"]))
            self.host.log_words("mlpw", "clone", path, values["name"])
            self.app.call_later(self.notify, f"wrote {made}", markup=False)
            self._load()
            if self.scene.graph is not None:
                self.show_subject(Subject(made))

        about = "its file is put beside the first, so that paths in it stay right"
        field = Field("name", "new name", "", "such as train_small", about)
        self.app.push_screen(FormDialog(f"Clone {path}", [field], apply, "clone"))

    def action_template(self) -> None:
        """Choose a template, and put it into this workspace."""
        self._choose_template()

    @work(exclusive=True, group="choose")
    async def _choose_template(self) -> None:
        from tui.reading import designing

        found = await self.bridge.work(designing.templates)
        rows = [Row(each.key, ((each.name, "paint--title"), (each.about, "paint--text"))) for each in found]
        dialog = ChooseDialog("Begin with", (Column("template", 18), Column("", 60)), rows, "", "put it here")
        self.app.push_screen(dialog, self._begin)

    def _begin(self, name: str | None) -> None:
        if name:
            self._begin_with(name)

    @work(group="submit")
    async def _begin_with(self, name: str) -> None:
        from tui.reading import designing

        try:
            pipeline = await self.bridge.work(designing.begin_with(name))
        except SessionError as error:
            self.notify(error.trouble.message, title="Not written", severity="error", markup=False)
            return
        self.host.log_words("mlpw", "init", "--template", name)
        self._load()
        self.show_subject(Subject(pipeline))
        self.steps.focus_shown()
