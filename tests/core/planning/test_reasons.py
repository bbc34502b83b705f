import pytest

from core.planning.reasons import Reason, ReasonKind

K = ReasonKind


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason(K.NEVER_RUN), "never run"),
        (Reason(K.FAILED_BEFORE, "4"), "failed in run 4"),
        (Reason(K.FORCED), "forced"),
        (Reason(K.FORCE_RERUN), "settings.force_rerun is true"),
        (Reason(K.NOT_DETERMINISTIC), "is_deterministic is false"),
        (Reason(K.CODE_CHANGED, names=("a.py",)), "a.py changed"),
        (Reason(K.CODE_CHANGED, names=("a", "b", "c", "d", "e")), "a, b, c and 2 more changed"),
        (Reason(K.CODE_CHANGED, names=("a", "b", "c"), added=("b",), removed=("c",)), "a changed, b added, c removed"),
        (Reason(K.CODE_CHANGED, names=("a",), after="why"), "a changed (the whole folder counts: why)"),
        (Reason(K.COMMAND_CHANGED), "command changed"),
        (Reason(K.PARAMETER_CHANGED, "lr", "0.1", "0.2"), "lr 0.1 -> 0.2"),
        (Reason(K.PARAMETER_CHANGED, "lr", None, "0.2"), "lr added: 0.2"),
        (Reason(K.PARAMETER_CHANGED, "lr", None, ""), "lr added"),
        (Reason(K.PARAMETER_CHANGED, "lr", "0.1", None), "lr removed"),
        (Reason(K.INPUT_CHANGED, "raw"), "input data changed (raw)"),
        (Reason(K.INPUT_CHANGED, "raw", names=("rows.csv",)), "input data changed: rows.csv (raw)"),
        (Reason(K.INPUT_CHANGED, "raw", names=("a", "b"), total=9), "input data changed: 2 of 9 files (raw)"),
        (Reason(K.INPUT_MISSING, "raw", after="./raw"), "input raw not found: ./raw"),
        (Reason(K.ENVIRONMENT_CHANGED, "pandas", "", "2.0"), "environment changed: pandas (any) -> 2.0"),
        (
            Reason(K.OUTPUTS_CHANGED, "m", "uri_file", "uri_folder"),
            "output declaration changed: m uri_file -> uri_folder",
        ),
        (Reason(K.VARIABLE_CHANGED, "SEED", "1", "2"), "environment variable SEED 1 -> 2"),
        (Reason(K.SETTINGS_CHANGED, "type", "a", "b"), "settings changed: type a -> b"),
        (Reason(K.OUTPUT_REMOVED, names=("out",)), "output removed from the store: out"),
        (Reason(K.WAITS_FOR, names=("a", "b")), "waits for a, b"),
        (Reason(K.NOT_SELECTED), "not selected"),
    ],
)
def test_words(reason: Reason, words: str) -> None:
    assert str(reason) == words


def test_every_kind_has_words() -> None:
    assert all(str(Reason(kind)) for kind in ReasonKind)
