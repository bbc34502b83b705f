"""Where there is no workspace yet: what can be begun or opened instead, before the workbench itself starts."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.definitions.discovery import discover
from core.errors import UserError
from core.workspace.folder import marked
from core.workspace.templates import TEMPLATES, create
from tui.comfort import Comfort
from tui.dialogs.workspaces import Offer, WorkspacesDialog
from tui.wording.safe import one_line


def is_bare(folder: Path) -> bool:
    """Whether a folder neither is inside a workspace nor holds any definition."""
    return folder.is_dir() and marked(Path(os.path.realpath(folder))) is None and not discover(folder)


def recent_offers(recent: Sequence[Path], here: Path) -> Iterator[Offer]:
    """The workspaces opened lately, but for the one a person is in."""
    for folder in recent:
        if folder != here:
            yield Offer(folder, one_line(folder.name or str(folder)), one_line(str(folder)))


def template_offers(folder: Path) -> Iterator[Offer]:
    """The templates: here where the folder is empty, else in a new one inside it."""
    for template in TEMPLATES:
        where = folder if _is_empty(folder) else folder / template.name
        yield Offer(where, f"begin: {template.name}", template.description, template.name)


def _is_empty(folder: Path) -> bool:
    try:
        return not any(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        return False


def take_up(offer: Offer) -> Path:
    """The folder of an offer, with its template in it. Raises UserError, with nothing written."""
    if offer.template:
        create(offer.template, offer.folder)
    return offer.folder


class Welcome(Comfort):
    """An app of one dialog; `chosen` is the folder to open, None when a person left."""

    CSS = "Toast { background: $bar; color: $foreground; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self.chosen: Path | None = None

    def on_mount(self) -> None:
        """Ask."""
        self._greet()
        self._ask()

    def _ask(self) -> None:
        here = Offer(self._folder, "open it as it is", "YAML of pipelines that is put there appears at once")
        offers = [*template_offers(self._folder), here, *recent_offers(self.recent_workspaces, self._folder)]
        words = (one_line(str(self._folder)), "It has no pipeline yet.")
        self.push_screen(WorkspacesDialog("mlpw", words, offers), self._take_up)

    def _take_up(self, offer: Offer | None) -> None:
        if offer is None:
            self.exit(0)
            return
        try:
            self.chosen = take_up(offer)
        except (UserError, OSError) as error:
            self._say(one_line(str(error)), warning=True)
            self._ask()
        else:
            self.exit(0)
