"""The screens of data, models, environments and components: a table, and what is known of the selected row."""

import asyncio
import contextlib
import time
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from tui.history import Spot
from tui.keys.actions import bindings, key_of
from tui.keys.moves import LIST_KEYS
from tui.panes.facts import FactsPane
from tui.reading.asset_views import AssetView
from tui.reading.assets import assets, facts
from tui.screens.asset_base import AssetActions
from tui.screens.asset_words import COLUMNS, TITLES, WHY_EMPTY, asset_lines, asset_row
from tui.screens.table_screen import TableScreen
from tui.views import Kind, SessionError
from tui.widgets.table import Table

_SETTLE = 0.08


class _Assets(Table):
    BINDINGS = [*LIST_KEYS]


class AssetsScreen(TableScreen, AssetActions):
    """Every asset of a kind; Enter goes to it."""

    KIND: ClassVar[Kind]
    EXAMPLE = "type:uri_file"

    def __init__(self, filter_text: str = "", row: str = "") -> None:
        super().__init__()
        self.table = _Assets(COLUMNS[self.KIND], id="assets")
        self.detail = FactsPane(id="asset-detail", label_width=10)
        self._assets: dict[str, AssetView] = {}
        self._shows_archived = False
        self.table.set_filter(filter_text)
        self.table.select(row)

    def body(self) -> ComposeResult:
        """Table, and details beside or below it."""
        with Container(id="assets-body"):
            yield self.table
            yield self.detail

    def on_mount(self) -> None:
        """Read the assets, then what uses them."""
        self.spread_ascii()
        self.header.set_crumbs(self.bridge.name, TITLES[self.KIND].lower())
        self.table.set_title(TITLES[self.KIND])
        self.set_focus(self.table)
        self._load()
        self.read_uses()

    @property
    def spot(self) -> Spot:
        """Where this is."""
        return Spot(self.WHERE, row=self.table.selected, filter=self.table.filter)

    @property
    def asset(self) -> AssetView | None:
        """The selected one."""
        return self._assets.get(self.table.selected)

    def records_changed(self) -> None:
        """Versions may have come."""
        if self.is_mounted:
            self._load()

    def files_changed(self) -> None:
        """Definitions may have come."""
        if self.is_mounted:
            self._load()
            self.read_uses()

    @work(exclusive=True, group="assets")
    async def _load(self) -> None:
        try:
            found = await self.bridge.read(assets(self.KIND))
        except SessionError as error:
            self.table.set_rows([], error.trouble.message)
            return
        if self.was_left():
            return
        self._assets = {asset.key: asset for asset in found}
        now = time.time()
        rows = [asset_row(asset, now) for asset in found if self._shows_archived or not asset.is_archived]
        self.table.set_rows(rows, WHY_EMPTY[self.KIND])
        self.say_filtered()
        self._look()

    def say_filtered(self) -> None:
        """The title, with the filter in it."""
        hidden = sum(asset.is_archived for asset in self._assets.values()) if not self._shows_archived else 0
        told = [f"/{self.table.filter}"] if self.table.filter else []
        told += [f"{hidden} archived: {key_of('asset.show_archived')} shows them"] if hidden else []
        self.table.set_title(f"{TITLES[self.KIND]} {len(self.table.shown_keys)}", ("  ".join(told), "frame--remark"))

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        """Tell about the row, once the selection has come to rest."""
        event.stop()
        self._look()

    @work(exclusive=True, group="facts")
    async def _look(self) -> None:
        asset = self.asset
        self.facts = None
        self.show_asset()
        if asset is None:
            return
        await asyncio.sleep(_SETTLE)
        with contextlib.suppress(SessionError):
            self.facts = await self.bridge.read(facts(asset))
            self.show_asset()

    def show_asset(self) -> None:
        """What is known of the selected asset."""
        asset = self.asset
        if self.was_left():
            return
        if asset is None:
            self.detail.set_title("Details")
            self.detail.set_lines([])
            return
        self.detail.set_title(asset.title_or_name)
        self.detail.set_lines(asset_lines(asset, self.facts, self.users(asset)))

    def on_table_entered(self, event: Table.Entered) -> None:
        """Go in."""
        event.stop()
        asset = self._assets[event.key]
        self.host.log_command("asset.open", asset=f"{asset.kind.value}:{asset.name}")
        self.host.go(Spot("asset", about=f"{self.KIND.value}:{event.key}"))

    def action_open(self) -> None:
        """Go in."""
        self.table.action_enter()

    def action_show_archived(self) -> None:
        """Archived ones too, or not."""
        self._shows_archived = not self._shows_archived
        if self._shows_archived:
            self.host.log_command("asset.show_archived", kind=self.KIND.value)
        self._load()

    def step_back(self) -> bool:
        """From the details to the rows."""
        if self.focused is not self.detail:
            return False
        self.table.focus()
        return True


def _keys(where: str) -> list[BindingType]:
    return [
        *bindings(("asset.", "table.", "view."), where),
        Binding("escape", "out", "out", show=False, id=f"{where}.back"),
    ]


class DataScreen(AssetsScreen):
    """Data assets."""

    WHERE = "data"
    KIND = Kind.DATA
    BINDINGS: ClassVar[list[BindingType]] = _keys("data")


class ModelsScreen(AssetsScreen):
    """Models."""

    WHERE = "models"
    KIND = Kind.MODEL
    BINDINGS: ClassVar[list[BindingType]] = _keys("models")


class EnvironmentsScreen(AssetsScreen):
    """Environments."""

    WHERE = "environments"
    KIND = Kind.ENVIRONMENT
    BINDINGS: ClassVar[list[BindingType]] = _keys("environments")


class ComponentsScreen(AssetsScreen):
    """Components."""

    WHERE = "components"
    KIND = Kind.COMPONENT
    BINDINGS: ClassVar[list[BindingType]] = _keys("components")


#: The screens of assets by name.
SCREENS: dict[str, type[AssetsScreen]] = {
    screen.WHERE: screen for screen in (DataScreen, ModelsScreen, EnvironmentsScreen, ComponentsScreen)
}
