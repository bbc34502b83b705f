"""The screen of one asset: its versions, everything known about it, and its source, content or build log."""

import contextlib
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from tui.history import Spot
from tui.keys.actions import bindings, key_of
from tui.keys.moves import LIST_KEYS
from tui.panes.facts import FactsPane
from tui.panes.log import LogPane
from tui.reading.asset_views import AssetView
from tui.reading.assets import assets, environment_size, facts, with_note
from tui.screens.asset_base import AssetActions
from tui.screens.asset_words import TITLES, VERSION_COLUMNS, asset_lines, version_row
from tui.screens.content import ContentScreen
from tui.screens.log import FileScreen
from tui.views import Kind, SessionError
from tui.widgets.document import Line
from tui.widgets.table import Table
from tui.wording.units import size

_MOST_VERSIONS = 6


class _Versions(Table):
    BINDINGS = [*LIST_KEYS]


class AssetScreen(AssetActions):
    """One asset; the keys act on the selected version."""

    WHERE = "asset"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(("asset.", "view."), "asset"),
        Binding("escape", "out", "out", show=False, id="asset.back"),
    ]

    def __init__(self, kind: Kind, key: str, row: str = "") -> None:
        super().__init__()
        self.kind, self.key = kind, key
        self.table = _Versions(VERSION_COLUMNS, id="versions")
        self.detail = FactsPane(id="asset-detail", label_width=10)
        self.viewer = LogPane(id="asset-view")
        self._found: AssetView | None = None
        self._view = 0
        self.table.select(row)

    def body(self) -> ComposeResult:
        """Versions and facts; what they are made of beside or below them."""
        with Container(id="asset-body"):
            with Vertical(id="asset-left"):
                yield self.table
                yield self.detail
            yield self.viewer

    def on_mount(self) -> None:
        """Read everything about it."""
        self.spread_ascii()
        self._call_it(self.key)
        self.table.display = False
        self.detail.set_lines([Line("reading ...", style="paint--muted")])
        self.viewer.show(None, "Source", "")
        self.set_focus(self.detail)
        self._load()
        self.read_uses()

    def _call_it(self, name: str) -> None:
        self.header.set_crumbs(self.bridge.name, TITLES[self.kind].lower(), name)
        self.detail.set_title(name)

    @property
    def spot(self) -> Spot:
        """Where this is."""
        return Spot("asset", about=f"{self.kind.value}:{self.key}", row=self.table.selected)

    @property
    def asset(self) -> AssetView | None:
        """The one that is shown."""
        return self._found

    @property
    def version(self) -> str:
        """The selected version, while the table of versions has the keys; else the only one there is."""
        if self.table.has_focus:
            return self.table.selected
        only = self._found.versions if self._found and len(self._found.versions) == 1 else ()
        return only[0].name if only else ""

    def records_changed(self) -> None:
        """Versions may have come."""
        if self.is_mounted:
            self._load()

    def files_changed(self) -> None:
        """The file may have changed."""
        if self.is_mounted:
            self._load()
            self.read_uses()

    @work(exclusive=True, group="asset")
    async def _load(self) -> None:
        try:
            found = await self.bridge.read(assets(self.kind))
            self._found = next((asset for asset in found if asset.key == self.key), None)
            if self.was_left():
                return
            if self._found is None:
                self.detail.set_lines([Line(f"no {self.kind.value} is called {self.key} any more")])
                return
            self._call_it(self._found.title_or_name)
            self._show_versions(self._found)
            self.facts = await self.bridge.read(facts(self._found, self._other_version()))
        except SessionError as error:
            self.detail.set_lines([Line(error.trouble.message)])
            return
        if self.was_left():
            return
        self.show_asset()
        self._show_view()
        if self.kind is Kind.ENVIRONMENT:
            self._measure(self._found)

    @work(exclusive=True, group="measure")
    async def _measure(self, asset: AssetView) -> None:
        """How large a built environment is takes a walk over all its files."""
        with contextlib.suppress(SessionError):
            weight = await self.bridge.work(environment_size(asset))
            if weight >= 0 and self.facts is not None:
                self.facts = with_note(self.facts, "size", f"{size(weight)} of its own")
                self.show_asset()

    def _other_version(self) -> str:
        """The version that a person chose among several; what the file says stands for none."""
        return self.table.selected if self.table.has_focus else ""

    def _show_versions(self, asset: AssetView) -> None:
        rows = [version_row(version) for version in asset.versions]
        self.table.display = bool(rows)
        self.table.set_rows(rows)
        self.table.set_title(f"Versions {len(rows)}")
        self.table.styles.height = min(len(rows), _MOST_VERSIONS) + 3

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        """Tell about the version."""
        event.stop()
        if self.table.has_focus:
            self._load()

    def on_table_entered(self, event: Table.Entered) -> None:
        """To the run that made it."""
        event.stop()
        self.action_maker()

    def show_asset(self) -> None:
        """Everything known by now."""
        if self._found is not None and not self.was_left():
            users = self.users(self._found)
            self.detail.set_lines(asset_lines(self._found, self.facts, users, versions=False))

    def _views(self) -> list[tuple[str, Path]]:
        found = self.facts
        if found is None:
            return []
        named = [("Source", found.source), ("Content", found.text), ("Build log", found.build_log)]
        views = [(title, path) for title, path in named if path is not None]
        return views[1:] + views[:1] if self.kind in (Kind.DATA, Kind.MODEL) and found.text else views

    def _show_view(self) -> None:
        views = self._views()
        if not views:
            is_content = self.kind in (Kind.DATA, Kind.MODEL)
            more = f"; {key_of('asset.files')} shows what is in it" if is_content else ""
            self.viewer.show(None, "Source", f"no YAML here says what it is{more}")
            return
        title, path = views[self._view % len(views)]
        shown = path.relative_to(self.bridge.root) if path.is_relative_to(self.bridge.root) else path
        more = f"  v: {views[(self._view + 1) % len(views)][0].lower()}" if len(views) > 1 else ""
        if self.viewer.path != path:
            self.viewer.show(path, f"{title} {shown}{more}", "")
            self.viewer.set_follow(False)
            self.viewer.move_to_start()

    def action_files(self) -> None:
        """Everything in it, with previews."""
        content = (self.facts.content or self.facts.far) if self.facts else None
        if content is None:
            self.notify("it has no content on this machine", severity="warning", markup=False)
            return
        crumbs = (self.bridge.name, TITLES[self.kind].lower(), self.detail.frame_title)
        self.app.push_screen(ContentScreen(self.detail.frame_title, content, crumbs))

    def action_view(self) -> None:
        """The next of source, content and build log."""
        self._view += 1
        self._show_view()

    def on_log_pane_enlarge(self, event: LogPane.Enlarge) -> None:
        """What is shown on the whole screen."""
        event.stop()
        if self.viewer.path is not None:
            crumbs = (self.bridge.name, TITLES[self.kind].lower(), self.detail.frame_title)
            self.app.push_screen(FileScreen(self.viewer.path, self.viewer.frame_title, crumbs))

    def action_out(self) -> None:
        """Search, then the screen."""
        if self.viewer.is_searching:
            self.viewer.search("")
        else:
            self.host.go_out()

    def filter_prompt(self) -> str:
        """The file is searched."""
        return "find in what is shown"

    def apply_filter(self, target: Widget | None, text: str) -> None:
        """Find while a person writes."""
        del target
        self.viewer.search(text)
