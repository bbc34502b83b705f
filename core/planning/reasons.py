"""Why a step is not up to date: made as data where it is decided, worded here once."""

from dataclasses import dataclass
from enum import StrEnum

_SHOWN_NAMES = 3


class ReasonKind(StrEnum):
    """What kind of difference made a step stale."""

    NEVER_RUN = "never_run"
    FAILED_BEFORE = "failed_before"
    FORCED = "forced"
    FORCE_RERUN = "force_rerun"
    NOT_DETERMINISTIC = "not_deterministic"
    CODE_CHANGED = "code_changed"
    COMMAND_CHANGED = "command_changed"
    PARAMETER_CHANGED = "parameter_changed"
    INPUT_CHANGED = "input_changed"
    INPUT_MISSING = "input_missing"
    ENVIRONMENT_CHANGED = "environment_changed"
    OUTPUTS_CHANGED = "outputs_changed"
    VARIABLE_CHANGED = "variable_changed"
    SETTINGS_CHANGED = "settings_changed"
    OUTPUT_REMOVED = "output_removed"
    WAITS_FOR = "waits_for"
    NOT_SELECTED = "not_selected"


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause; `names` are the things that differ, `before` and `after` their values, `total` out of how many.

    Of `names`, which stand for all files that differ, those in `added` and `removed` are in one of the two alone.
    """

    kind: ReasonKind
    name: str = ""
    before: str | None = None
    after: str | None = None
    names: tuple[str, ...] = ()
    total: int = 0
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __str__(self) -> str:
        match self.kind:
            case ReasonKind.NEVER_RUN:
                return "never run"
            case ReasonKind.FAILED_BEFORE:
                return f"failed in run {self.name}"
            case ReasonKind.FORCED:
                return "forced"
            case ReasonKind.FORCE_RERUN:
                return "settings.force_rerun is true"
            case ReasonKind.NOT_DETERMINISTIC:
                return "is_deterministic is false"
            case ReasonKind.CODE_CHANGED:
                because = f" (the whole folder counts: {self.after})" if self.after else ""
                return f"{self._files()}{because}"
            case ReasonKind.COMMAND_CHANGED:
                return "command changed"
            case ReasonKind.PARAMETER_CHANGED:
                return _change(self.name, self.before, self.after)
            case ReasonKind.INPUT_CHANGED if self.total > 1:
                return f"input data changed: {len(self.names)} of {self.total} files{self._in_port()}"
            case ReasonKind.INPUT_CHANGED:
                return f"input data changed{': ' + _list(self.names) if self.names else ''}{self._in_port()}"
            case ReasonKind.INPUT_MISSING if "://" in (self.after or ""):
                return f"input {self.name} not fetched yet: {self.after}"
            case ReasonKind.INPUT_MISSING:
                return f"input {self.name} not found: {self.after}"
            case ReasonKind.ENVIRONMENT_CHANGED if self.names == (self.name,):
                return f"environment changed: {self._files()}"
            case ReasonKind.ENVIRONMENT_CHANGED if self.names:
                return f"environment changed: {self._files()} in {self.name}"
            case ReasonKind.ENVIRONMENT_CHANGED:
                return f"environment changed: {_change(self.name, self.before, self.after)}"
            case ReasonKind.OUTPUTS_CHANGED:
                return f"output declaration changed: {_change(self.name, self.before, self.after)}"
            case ReasonKind.VARIABLE_CHANGED:
                return f"environment variable {_change(self.name, self.before, self.after)}"
            case ReasonKind.SETTINGS_CHANGED:
                return f"settings changed: {_change(self.name, self.before, self.after)}"
            case ReasonKind.OUTPUT_REMOVED:
                return f"output removed from the store: {_list(self.names)}"
            case ReasonKind.WAITS_FOR:
                return f"waits for {', '.join(self.names)}"
            case ReasonKind.NOT_SELECTED:
                return "not selected"

    def _files(self) -> str:
        """Files that changed, that are new, that are gone."""
        changed = tuple(name for name in self.names if name not in self.added and name not in self.removed)
        groups = ((changed, "changed"), (self.added, "added"), (self.removed, "removed"))
        return ", ".join(f"{_list(names)} {verb}" for names, verb in groups if names) or "code changed"

    def _in_port(self) -> str:
        """Which input it is, unless the words have said it already."""
        return "" if self.name == "data" else f" ({self.name})"


def _change(name: str, before: str | None, after: str | None) -> str:
    if before is None:
        return f"{name} added" if not after else f"{name} added: {after}"
    if after is None:
        return f"{name} removed"
    return f"{name} {before or '(any)'} -> {after or '(any)'}"


def _list(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_SHOWN_NAMES])
    more = len(names) - _SHOWN_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def not_opened(names: tuple[str, ...], steps: int = 1) -> str:
    """What changed and does not matter to a step, or to several, in words; "" when nothing did."""
    return f"not opened by {'this step' if steps == 1 else 'these steps'}: {_list(names)}" if names else ""
