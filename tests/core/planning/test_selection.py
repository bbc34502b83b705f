import pytest

from core.errors import UsageError
from core.planning.graph import Step, StepOutput
from core.planning.selection import Selection
from tests.core.planning.made import graph_of


def step(name: str, *needs: str) -> Step:
    return Step(name, name, inputs={need: StepOutput(need, "out", "uri_folder") for need in needs})


GRAPH = graph_of(step("a"), step("b", "a"), step("in.c", "b"), step("in.d", "b"), step("e", "in.c", "in.d"), step("z"))


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), "a b e in.c in.d z"),
        (Selection(only=("b", "z")), "b z"),
        (Selection(only=("in",)), "in.c in.d"),
        (Selection(start=("b",)), "b e in.c in.d"),
        (Selection(end=("in.c",)), "a b in.c"),
        (Selection(start=("b",), end=("in.d",)), "b in.d"),
        (Selection(start=("in",), end=("e",)), "e in.c in.d"),
        (Selection(start=("e",), end=("a",)), ""),
    ],
)
def test_selected_steps(selection: Selection, expected: str) -> None:
    assert sorted(selection.steps(GRAPH)) == expected.split()


def test_force_is_for_what_is_selected() -> None:
    assert Selection(only=("b",), force=True).forced(GRAPH) == {"b"}
    assert Selection(force_steps=("in",)).forced(GRAPH) == {"in.c", "in.d"}


def test_a_name_that_is_no_step_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no step .in\.cc") as caught:
        Selection(only=("in.cc",)).steps(GRAPH)
    assert caught.value.hint == "did you mean 'in.c'?"


def test_only_goes_with_neither_from_nor_to() -> None:
    with pytest.raises(UsageError, match="--only does not go with"):
        Selection(only=("a",), end=("b",)).steps(GRAPH)
