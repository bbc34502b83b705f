"""What of its code counts for a step: what it opened, and every name."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from blake3 import blake3

from core.planning.code_use import CodeUse, code_use, content_of, files_of, shape_of
from core.planning.graph import Graph, OutputPort, Parameter, Step
from core.planning.plan import UpToDate
from tests.core.planning.made import World, graph_of

OUT = {"out": OutputPort("uri_folder")}


def text(content: str) -> str:
    return "f" + blake3(content.encode()).hexdigest()


def world(opens: tuple[str, ...], **files: str) -> tuple[World, Graph]:
    """A step that ran once from a folder of files and opened some of them."""
    found = World(code={"/src": "1"}, opens=opens)
    found.manifests["1"] = {name.replace("_", "."): text(content) for name, content in files.items()}
    graph = graph_of(Step("train", "train", code="/src", outputs=OUT))
    found.run(graph)
    return found, graph


def edit(found: World, **changes: str | None) -> None:
    """The folder with files changed, made or (None) gone."""
    files = dict(found.manifests["1"])
    for name, content in changes.items():
        files.pop(name.replace("_", "."), None)
        if content is not None:
            files[name.replace("_", ".")] = text(content)
    digest = str(sorted(files.items()))
    found.code["/src"] = digest
    found.manifests[digest] = files


EDITS: list[tuple[dict[str, str | None], str]] = [
    ({"train_py": "2"}, "train.py changed"),
    ({"README_md": "2"}, "up to date"),
    ({"README_md": "2", "train_py": "2"}, "train.py changed"),
    ({"README_md": ""}, "README.md changed"),
    ({"README_md": None}, "README.md removed"),
    ({"new_py": "1"}, "new.py added"),
    ({"new_py": "1", "README_md": "2"}, "new.py added"),
]


@pytest.mark.parametrize(("changes", "words"), EDITS)
def test_what_counts_is_said(changes: dict[str, str | None], words: str) -> None:
    found, graph = world(("train.py",), train_py="1", README_md="1")
    edit(found, **changes)
    assert found.plan(graph) == {"train": words}


def test_what_does_not_count_is_named() -> None:
    found, graph = world(("train.py",), train_py="1", README_md="1", eval_py="1")
    edit(found, README_md="2", eval_py="2")
    decision = found.planner(graph).plan().decisions["train"]
    assert isinstance(decision, UpToDate)
    assert decision.unopened == ("README.md", "eval.py")


def test_another_parameter_is_another_step() -> None:
    found, graph = world(("train.py",), train_py="1", README_md="1")
    edit(found, README_md="2")
    other = replace(graph.steps["train"], inputs={"rate": Parameter("2")})
    assert found.plan(graph_of(other)) == {"train": "rate added: 2"}


def test_the_whole_folder_counts_where_it_is_asked_for() -> None:
    found, graph = world(("train.py",), train_py="1", README_md="1")
    edit(found, README_md="2")
    asked = graph_of(replace(graph.steps["train"], code_tracking="folder"))
    assert found.plan(asked) == {"train": "README.md changed (the whole folder counts: code_tracking is folder)"}


def test_the_whole_folder_counts_where_nothing_was_seen() -> None:
    found, graph = world(("train.py",), train_py="1", README_md="1")
    found.uses = dict.fromkeys(found.uses, CodeUse(note="it has more than 3 files"))
    edit(found, README_md="2")
    assert found.plan(graph) == {"train": "README.md changed (the whole folder counts: it has more than 3 files)"}


def test_going_back_in_what_was_opened_finds_the_earlier_result() -> None:
    found, graph = world(("train.py",), train_py="1", README_md="1")
    edit(found, train_py="2")
    found.run(graph)
    edit(found, train_py="1", README_md="3")
    assert found.plan(graph) == {"train": "up to date"}


def test_what_a_step_keeps_as_artifacts_counts_unopened() -> None:
    files = {"train.py": text("1"), "outputs/notes": text("1"), "logs/old": text("1")}
    assert code_use({"code": {"": "1"}}, files, ["train.py"]).opened == ("logs/old", "outputs/notes", "train.py")


def test_what_joins_the_code_counts_where_it_lies() -> None:
    manifests = {"a": {"main.py": text("1")}, "b": {"x.py": text("2")}, "c": {"one.py": text("3")}}
    files = files_of({"": "a", "lib": "b", "one.py": "c"}, manifests.get)
    assert files == {"main.py": text("1"), "lib/x.py": text("2"), "one.py": text("3")}


def test_a_link_counts_by_where_it_leads() -> None:
    assert shape_of({"door": "l1"}) != shape_of({"door": "l2"})
    assert shape_of({"door": "f1"}) == shape_of({"door": "f2"})
    assert shape_of({"door": "f1"}) != shape_of({"door": "x1"})


def test_content_knows_files_by_name() -> None:
    assert content_of(("a", "b"), {"a": "f1", "b": "f2"}) != content_of(("a", "b"), {"a": "f2", "b": "f1"})
    assert content_of(("a",), {"a": "f1"}) != content_of(("b",), {"b": "f1"})


# Against an oracle

NAMES = ["a", "b", "c", "d", "e", "f"]


class Looking:
    """A folder as a step meets it; notes what it opens."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files, self.opened, self.told = files, set[str](), list[object]()

    def read(self, name: str) -> str:
        self.opened.add(name)
        self.told.append(self.files[name])
        return self.files[name]


def wander(looking: Looking, seed: int) -> str:
    """A step that looks for files, lists the folder and reads on by what it found; its result is all it learned."""
    dice = random.Random(seed)
    for _ in range(3):
        name = dice.choice(NAMES)
        if name in looking.files:
            content = looking.read(name)
            dice = random.Random(f"{seed} {content}")
        else:
            looking.told.append(f"no {name}")
        if dice.random() < 0.3:
            looking.told.append(sorted(looking.files))
        if dice.random() < 0.2 and name in looking.files:
            looking.told.append(bool(looking.files[name]))
    return str(looking.told)


@pytest.mark.parametrize("seed", range(30))
def test_a_result_is_taken_only_where_a_fresh_run_gives_the_same(seed: int) -> None:
    dice = random.Random(seed)
    found = World(code={"/src": ""})
    graph = graph_of(*(Step(f"s{i}", f"wander {i}", code="/src", outputs=OUT) for i in range(5)))
    folder = dict.fromkeys(NAMES[:4], "0")
    taken = saved = 0
    for round_ in range(60):
        _mutate(folder, dice)
        digest = str(sorted(folder.items()))
        found.code["/src"] = digest
        found.manifests[digest] = {name: text(content) for name, content in folder.items()}
        planner = found.planner(graph)
        decisions = planner.plan().decisions
        for i, step in enumerate(graph.steps.values()):
            looking = Looking(dict(folder))
            fresh = wander(looking, i)
            decision = decisions[step.name]
            if isinstance(decision, UpToDate):
                assert decision.trace.outputs["out"] == fresh, (round_, step.name, folder)
                taken += 1
                saved += decision.trace.fingerprint != planner.fingerprint(step)[0]
                continue
            found.opens = tuple(looking.opened)
            found.run(graph_of(step), {step.name: fresh})
    assert taken > 50
    assert saved > 10


def _mutate(folder: dict[str, str], dice: random.Random) -> None:
    name = dice.choice(NAMES)
    change: Callable[[], object] = dice.choice(
        [lambda: folder.update({name: str(dice.randrange(3))}), lambda: folder.pop(name, None)]
        if dice.random() < 0.3
        else [lambda: folder.update({name: str(dice.randrange(3))}) if name in folder else None]
    )
    change()
