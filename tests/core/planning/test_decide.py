import pytest

from core.planning.graph import DataInput, Settings, StepOutput
from core.planning.selection import Selection
from tests.core.planning.made import World, chain


@pytest.fixture
def world() -> World:
    world = World(code={"/src": "code1"}, data={"/raw": "raw1"})
    world.manifests = {"code1": {"a.py": "1", "b.py": "1"}, "code2": {"a.py": "2", "b.py": "1"}}
    return world


@pytest.fixture
def ran(world: World) -> World:
    world.run(chain())
    return world


def test_before_the_first_run_everything_is_to_do(world: World) -> None:
    assert world.plan(chain()) == {
        "prepare": "never run",
        "train": "waits for prepare; never run",
        "report": "waits for train; never run",
    }


def test_after_a_run_nothing_is_to_do(ran: World) -> None:
    assert set(ran.plan(chain()).values()) == {"up to date"}


def test_a_change_is_named_and_its_consumers_wait(ran: World) -> None:
    ran.code["/src"] = "code2"

    assert ran.plan(chain()) == {"prepare": "up to date", "train": "a.py changed", "report": "waits for train"}


def test_a_waiting_step_tells_what_is_known_of_its_own_change(ran: World) -> None:
    ran.code["/src"], ran.data["/raw"] = "code2", "raw2"

    assert ran.plan(chain())["train"] == "waits for prepare; a.py changed"


def test_going_back_finds_the_old_result(ran: World) -> None:
    ran.code["/src"] = "code2"
    ran.run(chain(), {"train": "train:2"})
    ran.code["/src"] = "code1"

    assert set(ran.plan(chain()).values()) == {"up to date"}


def test_an_unchanged_output_leaves_the_consumer_up_to_date(ran: World) -> None:
    ran.code["/src"] = "code2"
    planner = ran.planner(chain())
    planner.settle("prepare", {"out": "prepare:1"})
    planner.settle("train", {"out": "train:1"})

    assert planner.decide(chain().steps["report"], ()).__class__.__name__ == "UpToDate"


def test_a_failure_of_exactly_this_is_told(ran: World) -> None:
    ran.code["/src"] = "code2"
    planner = ran.planner(chain())
    planner.settle("prepare", {"out": "prepare:1"})
    ran.failed[planner.fingerprint(chain().steps["train"])[0]] = 7

    assert ran.plan(chain())["train"] == "failed in run 7"


def test_a_removed_output_is_made_again(ran: World) -> None:
    ran.gone = {"prepare:1"}

    assert ran.plan(chain())["prepare"] == "output removed from the store: out"


def test_missing_data_is_named(ran: World) -> None:
    del ran.data["/raw"]

    assert ran.plan(chain())["prepare"] == "input raw not found: /raw"


def test_a_waiting_step_tells_which_of_its_data_are_missing(world: World) -> None:
    world.data["/more"] = "more1"
    own = chain(inputs={"x": StepOutput("prepare", "out", "uri_folder"), "more": DataInput("/more", "uri_file")})
    world.run(own)
    world.data["/raw"] = "raw2"
    del world.data["/more"]

    assert world.plan(own)["train"] == "waits for prepare; input more not found: /more"


class Fading(World):
    """Data that are there at the first look, and at no other."""

    def data_digest(self, data: DataInput) -> str:
        return self.data.pop(data.path, "")


@pytest.mark.parametrize(("digest", "expected"), [("raw1", "up to date"), ("raw2", "input data changed: raw (raw)")])
def test_data_that_go_while_a_step_is_decided_are_looked_at_once(ran: World, digest: str, expected: str) -> None:
    fading = Fading(**vars(ran))
    fading.data["/raw"] = digest

    assert fading.plan(chain())["prepare"] == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(force=True), ["forced", "forced", "forced"]),
        (Selection(force_steps=("train",)), ["up to date", "forced", "waits for train"]),
        (Selection(only=("train",)), ["not selected", "up to date", "not selected"]),
        (Selection(only=("train",), force=True), ["not selected", "forced", "not selected"]),
    ],
)
def test_selected_and_forced_steps(ran: World, selection: Selection, expected: list[str]) -> None:
    assert list(ran.plan(chain(), selection).values()) == expected


def test_a_step_that_is_not_deterministic_always_runs(ran: World) -> None:
    assert ran.plan(chain(is_deterministic=False))["train"] == "is_deterministic is false"


def test_force_rerun_in_the_settings(ran: World) -> None:
    graph = chain()
    forced = type(graph)(graph.name, graph.file, graph.steps, settings=Settings(force_rerun=True))

    assert set(ran.plan(forced).values()) == {"settings.force_rerun is true"}


def test_an_optional_input_whose_producer_made_nothing_is_absent(ran: World) -> None:
    graph = chain(inputs={"x": StepOutput("prepare", "out", "uri_folder", optional=True)})
    planner = ran.planner(graph)

    assert planner.fingerprint(graph.steps["train"])[1]["inputs"] == {}
