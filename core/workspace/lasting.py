"""Steps that stay up to date because a change of their code is in files that they did not open.

Steps often share a folder of code: an edit of it touches all of them, and reaches few. Whom it does not is told here
from what was read once, without a query a step. Where the records may know better, the step is left to be decided.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from core.engine.facts import WorldFacts
from core.planning.code_use import files_of, outside_of
from core.planning.fingerprint import place_of_include, unopened_changes
from core.planning.graph import Step
from core.planning.plan import Decision, Plan, UpToDate
from core.records.records import Records
from core.records.traces import LastingUse

_Code = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Edit:
    """A step's code after an edit; `changed` are files that hold something else, None when more than that changed."""

    code: _Code
    changed: frozenset[str] | None
    is_remembered: bool


class Lasting:
    """What the newest results of a pipeline's steps used of their code, for as long as nobody writes to the records."""

    def __init__(self, records: Records, pipeline: str) -> None:
        self._records, self._pipeline = records, pipeline

    @cached_property
    def _uses(self) -> dict[str, LastingUse]:
        return self._records.traces.lasting_uses(self._pipeline)

    def learn(self) -> None:
        """Read it now, and not when a change is waited for."""
        _ = self._uses

    def decisions(self, steps: Iterable[Step], plan: Plan, before: WorldFacts, now: WorldFacts) -> dict[str, Decision]:
        """Decisions of those of `steps`, all touched in nothing but code since `plan`, that an edit does not reach.

        A fresh plan comes to the same: the step's identity is as it was, so is what it opened, and no result was ever
        made from exactly this code. Raises InputError when code cannot be read.
        """
        edits: dict[tuple[str, ...], _Edit] = {}
        unopened: dict[tuple[str, str], tuple[str, ...]] = {}
        found: dict[str, Decision] = {}
        for step in steps:
            decision = plan.decisions[step.name]
            use = self._uses.get(decision.trace.fingerprint) if isinstance(decision, UpToDate) else None
            if use is None or step.code_tracking != "opened" or not isinstance(decision, UpToDate):
                continue
            key = (step.code, *step.code_includes)
            edit = edits.get(key) or edits.setdefault(key, _edit(step, before, now))
            if edit.changed is None or not use.opened.isdisjoint(edit.changed):
                continue
            if use.code == edit.code:
                found[step.name] = UpToDate(decision.trace)
            elif not edit.is_remembered:
                both = (repr(use.code), repr(edit.code))
                if both not in unopened:
                    unopened[both] = unopened_changes({"code": use.code}, {"code": edit.code}, now.manifest)
                found[step.name] = UpToDate(decision.trace, unopened[both])
        return found


def _edit(step: Step, before: WorldFacts, now: WorldFacts) -> _Edit:
    places = {**({"": step.code} if step.code else {}), **{place_of_include(path): path for path in step.code_includes}}
    code = {place: now.code_digest(path) for place, path in places.items()}
    seen = {place: before.code_seen(path) for place, path in places.items()}
    old = files_of(seen, before.manifest) if all(seen.values()) else None
    new = files_of(code, now.manifest)
    is_remembered = all(map(now.is_remembered, code.values()))
    if old is None or new is None:
        return _Edit(code, None, is_remembered)
    changed = frozenset(path for path in {*old, *new} if old.get(path) != new.get(path))
    is_seen = any(outside_of(old.get(path)) != outside_of(new.get(path)) for path in changed)
    return _Edit(code, None if is_seen else changed, is_remembered)
