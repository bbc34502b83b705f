"""A plan that nobody kept in step: after an edit of code that all share, the records are asked once what steps used."""

import pytest

from core.engine import facts
from core.planning.plan import Plan, UpToDate
from core.records.database import Database
from tests.support.bench import Bench
from tests.support.settled import end_well, settled

STEPS = 60


@pytest.fixture
def many(bench: Bench) -> Bench:
    settled(bench, STEPS)
    return bench


def plan(bench: Bench) -> Plan:
    with bench.workspace() as workspace:
        return workspace.plan(workspace.graph(bench.file))


def test_records_are_not_asked_for_each_step_what_it_used(many: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    many.write({"src/README.md": "other words\n"})
    asked: list[str] = []
    read = Database.rows

    def counting(self: Database, text: str, *more: object) -> object:
        asked.append(text)
        return read(self, text, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Database, "rows", counting)
    found = plan(many)
    assert all(isinstance(decision, UpToDate) for decision in found.decisions.values())
    assert len([text for text in asked if "opened_files" in text]) <= facts._FEW_USES + 1


EDITS: dict[str, dict[str, str]] = {
    "a file that nobody opened": {"src/README.md": "other words\n"},
    "a file that one opened": {"src/s7.sh": "echo other\n"},
    "a file that all opened": {"src/common.sh": "false\n"},
    "a new file": {"src/new.sh": "true\n"},
    "several": {"src/README.md": "1\n", "src/s3.sh": "1\n", "src/s50.sh": "1\n"},
}


@pytest.mark.parametrize("edit", EDITS)
def test_asked_at_once_or_one_by_one_the_plan_is_the_same(
    many: Bench, monkeypatch: pytest.MonkeyPatch, edit: str
) -> None:
    before = {name: (many.root / name).read_text() for name in EDITS[edit] if (many.root / name).exists()}
    many.write(EDITS[edit])
    _same(many, monkeypatch)
    end_well(many, "other")  # from now on there are several results of some
    _same(many, monkeypatch)
    many.write(before)
    _same(many, monkeypatch)
    many.write({"src/README.md": "and still other words\n"})
    _same(many, monkeypatch)


def _same(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for few in (-1, 10**9):
        monkeypatch.setattr(facts, "_FEW_USES", few)
        found.append(plan(bench))
    assert found[0] == found[1]
