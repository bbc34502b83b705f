"""What people, editors and git do to the files of a workspace, at random."""

import itertools
import os
import random
import shutil
import subprocess
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.bench import Bench
from tests.torture.edited import write_workspace
from tests.torture.environment_edits import EnvironmentEdits
from tests.torture.name_edits import NameEdits
from tests.torture.watched import is_told_only

BRANCHES = ("main", "other")

#: Folders in which edits happen, of code and of data; the last ones lie outside of the workspace, behind links.
FOLDERS = (
    *("src", "src/pkg", "src/pkg/deep", "parts/c", "shared", "raw", "raw/d", "links", "src/ignored", "."),
    *("image", "image/tools", "image/notes", "lib", "lib/lib", "lib/build", "lib/build/lib", "env"),
)
OUTSIDE = ("elsewhere", "elsewhere/more")
NAMES = ("a.sh", "b.sh", "c.sh", "x.py", "y", "pkg", "deep", "d", "n.tmp", ".gitignore", "one.csv", "ä ö.txt")
DEFINITIONS = ("pipeline.yml", "parts/c.yml", "env/e.yml", "env/l.yml", "env/requirements.txt", "mlpw.yml")
_MANY = 2500
_NEVER = (".mlpw", ".git")


@dataclass
class Edits:
    """One person's edits of a bench; `count` and `kinds` say how many were possible, `last` tells the newest."""

    bench: Bench
    dice: random.Random
    count: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    last: deque[str] = field(default_factory=lambda: deque(maxlen=60))

    def __post_init__(self) -> None:
        self.outside = self.bench.outside / "elsewhere"
        self._numbers = itertools.count()
        environments, names = EnvironmentEdits(self.bench.root, self.dice), NameEdits(self.bench.root, self.dice)
        self._ways: list[tuple[int, Callable[[], None]]] = [
            (10, self._write),
            (4, self._append),
            (3, self._save_in_vim),
            (3, self._save_in_emacs),
            (3, self._save_in_code),
            (4, self._create),
            (4, self._rename),
            (3, self._delete),
            (3, self._make_folder),
            (2, self._rename_folder),
            (2, self._replace_folder),
            (2, self._delete_folder),
            (2, self._copy_folder),
            (2, self._swap),
            (3, self._change_mode),
            (3, self._link),
            (0 if is_told_only() else 2, self._hard_link),  # nobody tells of a second name in an unwatched folder
            (4, self._touch),
            (4, self._set_clock_back),
            (2, self._same_size_and_time),
            (2, self._move_out_and_in),
            (2, self._edit_ignore_file),
            (2, environments.edit_context),
            (2, environments.edit_package),
            (1, environments.edit_environment),
            (1, environments.edit_settings),
            (3, names.edit_definition),
            (1, names.edit_rules),
            (1, names.edit_foreign),
            (3, self._edit_definition),
            (1, self._break_definition),
            (1, self._lose_definition),
            (2, self._brief),
            (2, self._cache_of_python),
        ]

    # Ways that take longer, called by name

    def prepare(self) -> None:
        """The workspace at first, with two branches of it in git."""
        self._write_outside()
        self._git("init", "-q", "-b", "main")
        for branch in BRANCHES:
            write_workspace(self.bench, branch)
            if branch != "main":
                self._git("checkout", "-q", "-b", branch)
            self._git("add", "-A")
            self._git("commit", "-q", "-m", branch)

    def check_out(self) -> None:
        """One of the branches as it was committed, whatever lay there."""
        self._git("checkout", "-q", "-f", self.dice.choice(BRANCHES))
        self._git("clean", "-ffdqx", "-e", ".mlpw")
        self._write_outside()
        self._did("check_out")

    def switch(self) -> None:
        """The branch with what was edited thrown away, but not what is new."""
        self._git("checkout", "-q", "-f", self.dice.choice(BRANCHES))
        self._did("switch")

    def write_thousands(self) -> None:
        """A folder with thousands of files, which comes in place or is moved there; or goes."""
        root = self.bench.root / self.dice.choice(("raw/many", "src/many"))
        if root.is_dir() and not root.is_symlink():
            shutil.rmtree(root)
        else:
            made = self.dice.choice((root, self.bench.root / "many"))
            self._try(lambda: _fill(made, _MANY))
            if made != root:
                self._try(lambda: made.rename(root))
        self._did("write_thousands")

    def some(self, most: int) -> None:
        """Up to so many small edits; ones that are not possible just now are left out."""
        weights = [weight for weight, _ in self._ways]
        for way in self.dice.choices([way for _, way in self._ways], weights, k=self.dice.randint(1, most)):
            if self._try(way):
                self._did(way.__name__.lstrip("_"))

    def _write_outside(self) -> None:
        if self.outside.is_symlink() or self.outside.is_file():
            self.outside.unlink()
        shutil.rmtree(self.outside, ignore_errors=True)
        (self.outside / "more").mkdir(parents=True)
        (self.outside / "s.sh").write_text("echo s")
        (self.outside / "more/t.sh").write_text("echo t")

    # Small edits

    def _write(self) -> None:
        self._some_file().write_text(self._text())

    def _append(self) -> None:
        with self._some_file().open("a") as file:
            file.write(self._text())

    def _save_in_vim(self) -> None:
        """With 'backup' of its defaults: probe the folder, the old file becomes a backup, a new one is written."""
        path = self._some_file()
        probe, backup = path.with_name("4913"), path.with_name(f"{path.name}~")
        probe.write_text("")
        probe.unlink()
        path.rename(backup)
        path.write_text(self._text())
        path.chmod(0o644)
        backup.unlink()

    def _save_in_emacs(self) -> None:
        """A lock that is a link to nowhere, an auto-save file, the old file copied away, the file written in place."""
        path = self._some_file()
        lock = path.with_name(f".#{path.name}")
        lock.symlink_to("user@host.123:456")
        auto = path.with_name(f"#{path.name}#")
        auto.write_text(self._text())
        shutil.copy2(path, path.with_name(f"{path.name}~"))
        path.write_text(self._text())
        lock.unlink()
        auto.unlink()

    def _save_in_code(self) -> None:
        """A new file beside it that is moved into its place."""
        path = self._some_file()
        beside = path.with_name(f".{path.name}.{next(self._numbers)}")
        beside.write_text(self._text())
        beside.replace(path)

    def _create(self) -> None:
        (self._some_folder() / f"new{self.dice.randrange(5)}.sh").write_text(self._text())

    def _rename(self) -> None:
        self._some_file().rename(self._some_folder() / self.dice.choice(NAMES))

    def _delete(self) -> None:
        self._some_file().unlink()

    def _make_folder(self) -> None:
        made = self._some_folder() / self.dice.choice((*NAMES, f"folder{next(self._numbers)}")) / "in"
        made.mkdir(parents=True)
        (made / "x.py").write_text(self._text())

    def _rename_folder(self) -> None:
        self._a_folder().rename(self._some_folder() / self.dice.choice((*NAMES, f"moved{next(self._numbers)}")))

    def _replace_folder(self) -> None:
        """By a copy of it with one file more, and nothing in between."""
        path = self._a_folder()
        new, old = path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.old")
        shutil.copytree(path, new, symlinks=True, ignore=_WITHOUT_MANY)
        (new / "more.sh").write_text(self._text())
        path.rename(old)
        new.rename(path)
        if self.dice.random() < 0.5:
            shutil.rmtree(old)

    def _delete_folder(self) -> None:
        shutil.rmtree(self._a_folder())

    def _copy_folder(self) -> None:
        path, into = self._a_folder(), self._some_folder()
        if not into.resolve().is_relative_to(path.resolve()):
            shutil.copytree(path, into / self.dice.choice(NAMES), symlinks=True, ignore=_WITHOUT_MANY)

    def _swap(self) -> None:
        """Two files change their names."""
        one, other = self._some_file(), self._some_file()
        between = one.with_name("between")
        one.rename(between)
        other.rename(one)
        between.rename(other)

    def _change_mode(self) -> None:
        self._some_file().chmod(self.dice.choice((0o644, 0o755, 0o600)))

    def _link(self) -> None:
        """A link to a file or folder, in the workspace or out of it, or to nothing; it may have to replace one.

        Its text is a whole path, or says how to get there from where it lies.
        """
        path = self._some_folder() / self.dice.choice(NAMES)
        if path.is_symlink():
            path.unlink()
        targets = ("s.sh", "more", "more/t.sh", ".", "nothing")
        inside = (self._some_folder(), self._some_file())
        target = self.dice.choice([*(self.outside / name for name in targets), *inside])
        path.symlink_to(self.dice.choice((target, os.path.relpath(target, path.parent))))

    def _hard_link(self) -> None:
        os.link(self._some_file(), self._some_folder() / self.dice.choice(NAMES))

    def _touch(self) -> None:
        self._some_file().touch()

    def _set_clock_back(self) -> None:
        """As after the clock went back, or of a file from an archive, or from the future."""
        os.utime(self._some_file(), (0, self.dice.choice((1, 10**9, 4 * 10**9))))

    def _same_size_and_time(self) -> None:
        """Other content under the size and time that the file had."""
        path = self._some_file()
        before, text = path.stat(), path.read_text()
        path.write_text(text[::-1])
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def _move_out_and_in(self) -> None:
        """A folder goes to another place, is edited there, and comes back."""
        path = self._a_folder()
        away = self.bench.outside / f"away{next(self._numbers)}"
        path.rename(away)
        (away / "x.py").write_text(self._text())
        away.rename(path)

    def _edit_ignore_file(self) -> None:
        rules = self.dice.sample(("*.tmp", "ignored/", "pkg/*", "!x.py", "y", "# words", "deep"), 3)
        root = self.bench.root / self.dice.choice(("src", "parts/c", "links"))
        (root / self.dice.choice((".gitignore", ".gitignore", ".amlignore"))).write_text("\n".join(rules))

    def _edit_definition(self) -> None:
        """Another value where there is one."""
        path = self.bench.root / self.dice.choice(DEFINITIONS)
        text = path.read_text()
        path.write_text(text.replace('"1"', f'"{self.dice.randrange(3)}"').replace("echo ", self.dice.choice(_ECHOS)))

    def _break_definition(self) -> None:
        path = self.bench.root / self.dice.choice(DEFINITIONS)
        text = path.read_text()
        path.write_text(self.dice.choice((text.replace("command", "commnad"), text[:-3], "", text + "\n:", "[")))

    def _lose_definition(self) -> None:
        path = self.bench.root / self.dice.choice(DEFINITIONS)
        self.dice.choice((path.unlink, lambda: path.rename(path.with_suffix(".bak"))))()

    def _brief(self) -> None:
        """Something that is there for a moment."""
        path = self._some_folder() / "brief"
        path.write_text(self._text())
        path.unlink()

    def _cache_of_python(self) -> None:
        cache = self._some_folder() / "__pycache__"
        cache.mkdir(exist_ok=True)
        (cache / f"x.{next(self._numbers)}.pyc").write_text(self._text())

    # Where

    def _some_folder(self) -> Path:
        """One that should be there, in most cases."""
        if self.dice.random() < 0.1:
            return self._noted(self.bench.outside / self.dice.choice(OUTSIDE))
        return self._noted(self.bench.root / self.dice.choice(FOLDERS))

    def _noted(self, path: Path) -> Path:
        self.last.append(f"- {os.path.relpath(path, self.bench.root)}")
        return path

    def _a_folder(self) -> Path:
        """One that may be moved or go; not the workspace itself."""
        path = self._some_folder()
        return (
            self.bench.root / self.dice.choice(("src", "raw", "shared", "parts"))
            if path.name == ""
            else (path if path != self.bench.root else path / "src/pkg")
        )

    def _some_file(self) -> Path:
        """One that is there."""
        path = self._some_folder()
        found = sorted(each for each in path.iterdir() if each.name not in _NEVER and not each.is_dir())
        return self._noted(self.dice.choice(found) if found else path / self.dice.choice(NAMES))

    def _text(self) -> str:
        """Few different ones, so that files become what they were; some are as long as others."""
        return f"echo {self.dice.randrange(4)}\n" + "#" * self.dice.choice((0, 0, 0, 9000))

    def _try(self, way: Callable[[], object]) -> bool:
        try:
            way()
        except (OSError, shutil.Error, UnicodeDecodeError):
            return False
        return True

    def _did(self, kind: str) -> None:
        self.count += 1
        self.last.append(kind)
        self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def _git(self, *words: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "gc.auto=0")
        subprocess.run(["git", *who, *words], cwd=self.bench.root, check=True, capture_output=True)


_WITHOUT_MANY = shutil.ignore_patterns("many")
_ECHOS = ("echo ", "echo  ", "echo -n ")


def _fill(root: Path, count: int) -> None:
    root.mkdir(parents=True)
    for number in range(count):
        inside = root / str(number // 100)
        inside.mkdir(exist_ok=True)
        (inside / str(number)).write_text(str(number))
