"""What a save costs the workbench: states and marks are made of what it reaches, nothing of what is beside it."""

from collections.abc import Iterator

import pytest

from tests.support.bench import Bench
from tests.support.screen import until
from tests.support.steps import step
from tui.app import Workbench
from tui.marks import mark_of
from tui.screens.run import RunScreen
from tui.session import Session
from tui.views import StepState, Subject
from tui.widgets.status import Status
from tui.widgets.steps import Mark

OUT = "${{outputs.out}}/f"


@pytest.fixture
def three(bench: Bench, plain_terminal: None) -> Bench:
    """Steps with code of their own, which ran."""
    names = ("a", "b", "c")
    bench.write({f"{name}/{name}.sh": "echo 1" for name in names})
    bench.pipeline({name: step(f"sh {name}.sh > {OUT}", code=f"{name}/", makes=["out"]) for name in names})
    bench.run()
    return bench


@pytest.fixture
def session(three: Bench) -> Iterator[Session]:
    made = Session(three.root)
    yield made
    made.close()


async def test_a_save_makes_the_states_of_what_it_reaches(three: Bench, session: Session) -> None:
    before = (await session.planned(Subject(three.name))).states
    three.write({"b/b.sh": "echo 2"})
    after = (await session.noticed()).scenes[-1].states
    assert {name for name in after if after[name] is not before[name]} == {"b"}
    assert after["b"].status is Status.STALE


async def test_a_look_for_something_else_asks_nothing(
    three: Bench, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    await session.planned(Subject(three.name))
    await session.work(session._plans.look)
    monkeypatch.delattr(session._plans, "_states")  # whoever asks for states now fails
    three.write({"beside.txt": "1"})
    assert not (await session.work(session._plans.look)).scenes


async def test_a_save_makes_the_marks_of_what_it_reaches(
    three: Bench, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Workbench(session, session.view_file)
    made: list[StepState] = []

    def counted(state: StepState, now: float) -> Mark:
        made.append(state)
        return mark_of(state, now)

    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.run_screen, RunScreen) and app.run_screen.scene.is_planned)
        screen = app.run_screen
        assert isinstance(screen, RunScreen)
        monkeypatch.setattr("tui.panes.steps.mark_of", counted)
        three.write({"b/b.sh": "echo 2"})
        await until(pilot, lambda: screen.scene.states["b"].status is Status.STALE)
        assert [state.status for state in made] == [Status.STALE]
