"""The pipeline that every tool runs: chains of three trivial shell steps, each with a source file of its own.

Step i runs `src/si.sh` (one echo), puts the output of the step before it in its chain in front, and writes one file.
It also adds a line to `ran`, so that what really ran is counted by the steps and not by what a tool says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHAIN = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `before` is the step whose output it reads, None at the start of a chain."""

    number: int
    before: int | None

    @property
    def name(self) -> str:
        """The step's name in every tool."""
        return f"s{self.number}"

    @property
    def source(self) -> str:
        """Its source file, relative to the workspace."""
        return f"src/{self.name}.sh"

    def script(self, source: str, before: str, output: str, ran: Path) -> str:
        """The shell command, with paths as the tool names them."""
        front = f"cat {before}; " if self.before is not None else ""
        return f"{{ {front}. {source}; }} > {output} && echo {self.number} >> {ran}"


@dataclass(frozen=True, slots=True)
class Workload:
    """`count` steps in a folder."""

    folder: Path
    count: int

    def steps(self) -> Iterator[Step]:
        """Every step, producers first."""
        for number in range(self.count):
            yield Step(number, number - 1 if number % CHAIN else None)

    @property
    def ran(self) -> Path:
        """Where steps note that they ran."""
        return self.folder / "ran"

    def write_sources(self) -> None:
        """Make the folder and every step's source."""
        (self.folder / "src").mkdir(parents=True)
        for step in self.steps():
            (self.folder / step.source).write_text(_source(step.number, "first", "first"))

    @property
    def edited_number(self) -> int:
        """The number of the step at the start of the middle chain, whose source is edited."""
        return self.count // 2 // CHAIN * CHAIN

    @property
    def edited(self) -> str:
        """That source, relative to the workspace."""
        return f"src/s{self.edited_number}.sh"

    def edit(self, token: str, *, changes_output: bool) -> None:
        """Change the source at the start of the middle chain; its step prints the same unless `changes_output`."""
        number = self.edited_number
        path = self.folder / self.edited
        said = token if changes_output else path.read_text().split()[2]
        path.write_text(_source(number, said, token))

    def take_ran(self) -> int:
        """How many steps ran since this was last asked."""
        try:
            count = len(self.ran.read_text().splitlines())
        except FileNotFoundError:
            return 0
        self.ran.unlink()
        return count


def _source(number: int, said: str, comment: str) -> str:
    return f"echo {number} {said} # {comment}\n"
