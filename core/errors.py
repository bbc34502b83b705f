"""Every error mlpw raises on purpose, and the one line a person reads.

MlpwError                      exit 1 unless a subclass says otherwise
├── UserError                  exit 2: bad input or usage; nothing was changed
│   ├── DefinitionError        YAML that cannot be what it says, with file, line and column
│   ├── NotFoundError          a run, step, asset or file that is not there
│   ├── WorkspaceError         a folder mlpw cannot or must not use
│   └── UsageError             arguments that do not go together
├── StepError                  a step cannot start or finish
│   ├── EnvironmentBuildError  a Python environment cannot be built
│   └── InputError             a step's data is missing, or changed under it; exit 2 before a run starts
├── StoreError                 kept content is missing or damaged
└── EngineError                a supervisor or shim did not do what it must
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a text file; `line` and `column` count from 1, 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


class MlpwError(Exception):
    """Something a person must read: one line, where it is, and the next thing to do."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, location: Location | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location else ""
        return f"{where}{self.message}{f'; {self.hint}' if self.hint else ''}"


class UserError(MlpwError):
    """Input that cannot be used; nothing was changed."""

    exit_code = 2


class DefinitionError(UserError):
    """A definition file that says something impossible."""


class NotFoundError(UserError):
    """A name that stands for nothing here."""


class WorkspaceError(UserError):
    """A folder that cannot serve as a workspace."""


class UsageError(UserError):
    """Arguments that do not go together."""


class StepError(MlpwError):
    """A step that cannot start, or whose result cannot be kept."""


class EnvironmentBuildError(StepError):
    """A Python environment that cannot be built."""


class InputError(StepError):
    """Data that a step needs is missing, or changed while the step ran."""

    exit_code = 2


class StoreError(MlpwError):
    """Kept content that is missing or damaged."""


class EngineError(MlpwError):
    """A part of the engine that did not do what it must."""


def refused(error: OSError) -> EngineError:
    """What this machine's system would not do, with the file it was about."""
    where = f": {error.filename}" if error.filename else ""
    return EngineError(f"{error.strerror or error}{where}", hint="mlpw doctor examines this machine")


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning or a default that was applied: said once, never fatal."""

    message: str
    location: Location | None = None

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" if self.location else self.message


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """The nearest of `candidates` as a question to append to an error, or an empty string."""
    import difflib  # only a mistake needs it; start-up does not

    near = difflib.get_close_matches(name, sorted(set(candidates)), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else ""
