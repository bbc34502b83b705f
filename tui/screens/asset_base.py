"""What can be done with an asset, whether it is a row of a table or on a screen of its own."""

import os

from textual import work

from tui.dialogs.box import ConfirmDialog, when_yes
from tui.dialogs.suggestions import Suggestion
from tui.history import Spot
from tui.reading.asset_views import AssetView, Facts, Uses
from tui.reading.assets import archive, run_exists, users_of, uses
from tui.screens.base import PlacedScreen
from tui.screens.editor import editor_command
from tui.views import Kind, Place, SessionError, Subject
from tui.widgets.document import Line
from tui.wording.safe import one_line


class AssetActions(PlacedScreen):
    """Editing, archiving, and going to what uses or made the asset that `asset` gives."""

    def __init__(self) -> None:
        super().__init__()
        self._uses: list[Uses] | None = None
        self.facts: Facts | None = None

    @property
    def asset(self) -> AssetView | None:
        """The asset that the keys act on."""
        raise NotImplementedError

    @property
    def version(self) -> str:
        """The version that the keys act on; an empty string for all."""
        return ""

    def show_asset(self) -> None:
        """Show what is known by now."""
        raise NotImplementedError

    def users(self, asset: AssetView) -> list[str] | None:
        """The pipelines that use an asset; None while they are being read."""
        content = self.facts.content if self.facts else None
        return None if self._uses is None else users_of(asset, content, self._uses)

    @work(exclusive=True, group="uses")
    async def read_uses(self) -> None:
        """What every pipeline refers to, one after the other, so that planning can go in between."""
        try:
            entries = await self.bridge.entries()
            pipelines = [str(entry.path) for entry in entries if entry.kind is Kind.PIPELINE and not entry.trouble]
            found = [await self.bridge.work(uses(pipeline)) for pipeline in pipelines]
        except SessionError:
            found = []
        self._uses = found
        self.show_asset()

    # Actions

    def action_edit(self) -> None:
        """Open the asset's YAML."""
        asset = self.asset
        place = asset.trouble.place if asset and asset.trouble and asset.trouble.place else None
        if asset is not None and place is None and asset.path is not None:
            place = Place(asset.path)
        if place is None:
            self.notify("it is registered only: it has no file here", severity="warning", markup=False)
            return
        command = editor_command(os.environ, self.bridge.root / place.file, place.line)
        self.host.log_command("asset.edit", file=place.file)
        self.host.run_outside(command)
        self.files_changed()

    def action_archive(self) -> None:
        """Ask, then archive the version or bring it back."""
        asset = self.asset
        if asset is None or not asset.versions:
            self.notify("nothing of it is registered, so there is nothing to archive", severity="warning", markup=False)
            return
        version = self.version
        chosen = [each for each in asset.versions if not version or each.name == version]
        archived = not all(each.archived for each in chosen)
        verb, what = ("Archive" if archived else "Restore"), f"{asset.name}:{version}" if version else asset.name
        several = f" with its {len(chosen)} versions" if not version and len(chosen) > 1 else ""
        then = (
            "It is hidden from lists and from @latest; a pipeline that names it exactly still runs, with a warning."
            if archived
            else "It is listed again, and @latest may mean it."
        )
        lines = [Line(f"{verb} {asset.kind.value} {what}{several}? {then}")]
        dialog = ConfirmDialog(verb, lines, f"{verb.lower()} it", "leave it")
        self.app.push_screen(dialog, when_yes(lambda: self._archive(asset, version, archived)))

    @work(group="archive")
    async def _archive(self, asset: AssetView, version: str, archived: bool) -> None:
        try:
            await self.bridge.work(archive(asset.kind, asset.name, version, archived))
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        name = f"{asset.name}:{version}" if version else asset.name
        verb = "archive" if archived else "restore"
        self.host.log_command("asset.archive", kind=asset.kind.value, verb=verb, asset=name)
        self.notify(f"{one_line(name)} is {verb}d", markup=False)
        self.records_changed()

    def action_used(self) -> None:
        """Go to the pipeline that uses it; where several do, ask which."""
        asset = self.asset
        users = self.users(asset) if asset else []
        if users is None:
            self.notify("the pipelines are still being read", markup=False)
        elif not users:
            self.notify("no pipeline of this workspace uses it", markup=False)
        elif len(users) == 1:
            self.host.go(Spot("run", Subject(users[0])))
        else:
            self.host.choose([Suggestion(f"run {user}", "Show this pipeline", shown=user) for user in users])

    @work(exclusive=True, group="maker")
    async def action_maker(self) -> None:
        """Go to the run that made the version."""
        asset = self.asset
        chosen = next((each for each in asset.versions if each.name == self.version), asset.newest) if asset else None
        if chosen is None or not chosen.made_by_run:
            self.notify("no run made it: it was registered by hand", markup=False)
            return
        try:
            exists = await self.bridge.read(run_exists(chosen.made_by_run))
        except SessionError:
            exists = False
        if not exists:
            self.notify(f"run {chosen.made_by_run} made it, and is no longer remembered", markup=False)
            return
        self.host.log_command("asset.maker", run=chosen.made_by_run)
        self.host.show_run(chosen.made_by_run, chosen.made_by_step)

    def text_to_copy(self) -> str:
        """The name as a pipeline writes it, with the digest where there is one."""
        asset = self.asset
        if asset is None:
            return ""
        chosen = next((each for each in asset.versions if each.name == self.version), asset.newest)
        return f"azureml:{asset.name}:{chosen.name} {chosen.digest}".rstrip() if chosen else str(asset.path)
