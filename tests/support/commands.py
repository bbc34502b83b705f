"""`mlpw` called in this process, in a workspace that a test writes."""

import contextlib
import hashlib
import io
import os
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.support.shell import Said
from tui.cli import main


@dataclass(frozen=True)
class Bench:
    """A workspace under test and the commands called in it."""

    root: Path

    def write(self, path: str, text: str = "") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"))
        return file

    def mlpw(self, *arguments: object) -> Said:
        """Call it from the workspace's folder."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        before = Path.cwd()
        os.chdir(self.root)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        finally:
            os.chdir(before)
        return Said(code, _text(out), _text(err))

    def ok(self, *arguments: object) -> Said:
        """Call it and expect success."""
        said = self.mlpw(*arguments)
        assert said.code == 0, said
        return said

    def refused(self, *arguments: object) -> str:
        """Call it and expect one line of error, exit code 2 and an unchanged disk; the line."""
        before = self.everything()
        said = self.mlpw(*arguments)
        assert (said.code, said.out) == (2, ""), said
        lines = [line for line in said.err.splitlines() if not line.startswith("warning: ")]
        assert len(lines) == 1, said.err
        assert lines[0].startswith("mlpw: ")
        assert "Traceback" not in said.err
        assert self.everything() == before
        return lines[0]

    def everything(self) -> dict[str, str]:
        """Every path below the workspace with a digest of its content; caches of signatures do not count."""
        found: dict[str, str] = {}
        for folder, folders, names in os.walk(self.root):
            if Path(folder) == self.root / ".mlpw":
                folders[:] = [name for name in folders if name not in ("cache", "locks")]
            is_private = Path(folder) == self.root / ".mlpw"
            for name in (*folders, *names):
                if is_private and name.startswith("mlpw."):
                    continue
                path = Path(folder, name)
                is_plain = path.is_file() and not path.is_symlink()
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest() if is_plain else "there"
        return found


def _text(stream: io.TextIOWrapper) -> str:
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("utf-8", "replace")
