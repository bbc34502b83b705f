"""Edits of what steps run in: build contexts, local packages, lists of packages; and of the workspace's settings."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

from tests.torture.edited import conda


@dataclass(frozen=True)
class EnvironmentEdits:
    """One person's edits in a workspace."""

    root: Path
    dice: random.Random

    def edit_context(self) -> None:
        """What is ignored, the Dockerfile, or what an image would hold."""
        name, texts = self.dice.choice(
            (
                (".dockerignore", ("notes\n", "tools/*\n!tools/t.sh\n", "# words\n", "Dockerfile\n*.sh\n")),
                ("Dockerfile", ("FROM ubuntu:22.04\n", "FROM ubuntu:22.04\nCOPY . /all\n")),
                ("Dockerfile.dockerignore", ("tools\n",)),
                ("dist/one.txt", ("1", "2")),
                ("tools/t.sh", ("1", "2")),
            )
        )
        self._put(self.root / "image" / name, self.dice.choice(texts))

    def edit_package(self) -> None:
        """A module, or what a build leaves behind, which does not count."""
        names = ("lib/more.py", "build/lib/x.py", "build/__init__.py", "dist/l.whl", "l.egg-info/x", "lib/dist/x.zip")
        self._put(self.root / "lib" / self.dice.choice(names), self.dice.choice("12"))

    def _put(self, path: Path, text: str) -> None:
        """Written, or gone if it says that already."""
        path.parent.mkdir(exist_ok=True)
        if path.exists() and path.read_text() == text:
            path.unlink()
        else:
            path.write_text(text)

    def edit_environment(self) -> None:
        """Other packages and files of packages."""
        root = self.root / "env"
        path = root / self.dice.choice(("requirements.txt", "l.yml"))
        lists = (["-r requirements.txt"], ["-r requirements.txt", "../lib[fast]"], ["./nothing"], ["./one.whl"])
        text = "\n".join(self.dice.choice((["-e ../lib"], ["../lib"], ["# words"], ["../lib", "./one.whl"])))
        path.write_text(conda(self.dice.choice(lists)) if path.suffix == ".yml" else text)

    def edit_settings(self) -> None:
        ways: tuple[object, ...] = ({"b": "folder"}, {"b": "opened", "a": "folder"}, {"nobody": "folder"}, "folder", {})
        (self.root / "mlpw.yml").write_text(json.dumps({"code_tracking": self.dice.choice(ways)}))
