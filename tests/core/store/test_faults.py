import pytest

from core.store.faults import NO_LOCK, NO_RENAME, NO_SYNC, has_fault


def test_faults_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLPW_FAULT", "no_rename,no_lock")

    assert [has_fault(name) for name in (NO_RENAME, NO_LOCK, NO_SYNC)] == [True, True, False]


def test_nothing_is_faulty_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLPW_FAULT", raising=False)

    assert not has_fault(NO_RENAME)
    assert not has_fault("")
