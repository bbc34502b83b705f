"""The real command `mlpw` in processes of its own, in a workspace that a test writes."""

import hashlib
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: The console script beside the interpreter that runs the tests.
MLPW = str(Path(sys.executable).with_name("mlpw"))
PATIENCE_SECONDS = 600


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one JSON value: nothing else may stand on standard output."""
        return json.loads(self.out)

    @property
    def warnings(self) -> list[str]:
        """What it warned of, without the word."""
        return [line.removeprefix("warning: ") for line in self.err.splitlines() if line.startswith("warning: ")]

    @property
    def notes(self) -> list[str]:
        """What was said once while it ran."""
        return [line.removeprefix("note: ") for line in self.err.splitlines() if line.startswith("note: ")]


@dataclass(frozen=True)
class Report:
    """What `mlpw run --json` said."""

    said: Said
    json: Any = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "json", self.said.json)

    @property
    def statuses(self) -> dict[str, str]:
        """Status by step."""
        return {name: step["status"] for name, step in self.json["steps"].items()}

    def reasons(self, step: str) -> list[str]:
        """Why the step was run."""
        found: list[str] = self.json["steps"][step]["reasons"]
        return found

    def path(self, step: str, port: str = "out") -> Path:
        """Where an output of a step lies."""
        return Path(self.json["steps"][step]["outputs"][port]["path"])

    def text(self, step: str, port: str = "out") -> str:
        """What the step wrote into an output: a file's text, or that of a folder's files together."""
        path = self.path(step, port)
        files = [path] if path.is_file() else sorted(inside for inside in path.rglob("*") if inside.is_file())
        return "".join(file.read_text() for file in files)

    def lines(self, step: str, port: str = "out") -> list[str]:
        """The same, line by line."""
        return self.text(step, port).splitlines()


@dataclass(frozen=True)
class Shell:
    """A folder, and the commands called in it; `prepared` holds environments that need not be built again."""

    root: Path
    prepared: Path | None = None

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        if self.prepared is not None and not (self.root / ".mlpw").exists():
            (self.root / ".mlpw").mkdir(mode=0o700)
            (self.root / ".mlpw" / "envs").symlink_to(self.prepared)

    # What people write

    def write(self, path: str, text: str = "") -> Path:
        """Write a file of the workspace."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"))
        return file

    def edit(self, path: str, old: str, new: str) -> None:
        """Change the one place where `old` stands."""
        text = (self.root / path).read_text()
        assert text.count(old) == 1, f"'{old}' stands {text.count(old)} times in {path}"
        (self.root / path).write_text(text.replace(old, new))

    # What people call

    def mlpw(self, *arguments: object, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Said:
        """Call it from the workspace's folder, without a terminal."""
        ended = subprocess.run(
            [MLPW, *map(str, arguments)],
            cwd=cwd or self.root,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        return Said(ended.returncode, ended.stdout, ended.stderr)

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Call it and go on; its standard error is for the test to read."""
        return subprocess.Popen(
            [MLPW, *map(str, arguments)],
            cwd=self.root,
            env=environment(None),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ok(self, *arguments: object, env: Mapping[str, str] | None = None) -> Said:
        """Call it and expect success."""
        said = self.mlpw(*arguments, env=env)
        assert said.code == 0, said
        return said

    def run(self, *arguments: object, code: int = 0, env: Mapping[str, str] | None = None) -> Report:
        """`mlpw run --json`, with the exit code that is expected."""
        said = self.mlpw("run", *arguments, "--json", env=env)
        assert said.code == code, said
        return Report(said)

    def plan(self, *arguments: object) -> dict[str, str]:
        """`mlpw plan --json`, each step as `up_to_date` or its reasons."""
        steps = self.ok("plan", *arguments, "--json").json["steps"]
        return {name: "; ".join(step["reasons"]) or step["decision"] for name, step in steps.items()}

    def refused(self, *arguments: object) -> str:
        """Call it and expect one line of error, exit code 2 and an unchanged disk; the line."""
        before = self.everything()
        said = self.mlpw(*arguments)
        assert (said.code, said.out) == (2, ""), said
        lines = [line for line in said.err.splitlines() if not line.startswith("warning: ")]
        assert len(lines) == 1, said.err
        assert lines[0].startswith("mlpw: ")
        assert self.everything() == before
        return lines[0].removeprefix("mlpw: ")

    # What lies there

    def everything(self) -> dict[str, str]:
        """Every path below the workspace with a digest of its content; what mlpw may remember anew does not count."""
        found: dict[str, str] = {}
        for folder, folders, files in os.walk(self.root):
            is_private = Path(folder) == self.root / ".mlpw"
            if is_private:
                folders[:] = [name for name in folders if name not in ("cache", "locks", "envs")]
            names = [name for name in files if not (is_private and name.startswith("mlpw."))]
            for name in (*folders, *names):
                path = Path(folder, name)
                is_plain = path.is_file() and not path.is_symlink()
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest() if is_plain else "there"
        return found


def environment(more: Mapping[str, str] | None) -> dict[str, str]:
    """The test's own environment variables, without those that would show."""
    left_out = ("PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "PYTEST_CURRENT_TEST")
    return {key: value for key, value in os.environ.items() if key not in left_out} | dict(more or {})
