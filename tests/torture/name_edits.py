"""Edits that decide which definition a name means: ones that come, are filled, hidden, or doubled."""

import random
from dataclasses import dataclass
from pathlib import Path

from tests.torture.edited import HOST, TEAM

_PLACES = ("near.yml", "box.yml", "far/team.yaml", "far/away/box.yml", "env/near.yml", "raw/d/near.yml", "src/near.yml")


@dataclass(frozen=True)
class NameEdits:
    """One person's edits in a workspace."""

    root: Path
    dice: random.Random

    def edit_definition(self) -> None:
        """A file that defines something, or something else, or nothing yet; or it goes."""
        path = self.root / self.dice.choice(_PLACES)
        text = self.dice.choice(("", TEAM.format("18.04"), HOST, HOST.replace("nowhere", "other"), "name: [", None))
        if text is None:
            path.unlink()
        else:
            path.write_text(text)

    def edit_rules(self) -> None:
        """What of the workspace is no place for definitions."""
        rule = self.dice.choice(("far/", "near.yml", "/env", "*.yaml", "# words"))
        (self.root / ".gitignore").write_text(f".mlpw\n{rule}\n")

    def edit_foreign(self) -> None:
        """A folder becomes a Python environment, or is none any more."""
        path = self.root / self.dice.choice(("far", "far/away", "env", "parts")) / "pyvenv.cfg"
        if path.exists():
            path.unlink()
        else:
            path.touch()
