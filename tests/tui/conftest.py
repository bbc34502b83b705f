"""What stories share: no test reads or writes the settings of whoever runs it; a workspace with one of everything."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.records.model import AssetKind
from core.watching import watcher
from core.workspace.versions import NewVersion
from tests.support.bench import SCHEMA, Bench
from tests.support.steps import ENVIRONMENT, step
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.watching import StartWatching, Watching, run_chain
from tui import type_ahead
from tui.app import Workbench
from tui.session import Session

COMPONENT = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: count_words
display_name: Count the words
description: Counts what is in a file of words.
inputs:
  words: {type: uri_file}
  least: {type: integer, default: 3, min: 1, description: Shorter words do not count}
outputs:
  counts: {type: uri_file}
environment: azureml:plain@latest
command: wc -w < ${{inputs.words}} > ${{outputs.counts}}
"""


@pytest.fixture
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No tmux, no editor, and every glyph."""
    for name in ("TMUX", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")


@pytest.fixture
def words(bench: Bench, plain_terminal: None) -> Bench:
    """A pipeline over a component, an environment and data of which two versions are kept."""
    bench.write(
        {
            "mlpw.yml": "name: words\n",
            "components/count.yml": COMPONENT,
            "environments/plain.yml": f"$schema: {SCHEMA.replace('pipelineJob', 'environment')}\n"
            f"name: plain\nimage: {ENVIRONMENT['image']}\n",
            "data/words.csv": "word,count\nalpha,1\nbeta,2\n",
            "data/words.yml": f"$schema: {SCHEMA.replace('pipelineJob', 'data')}\n"
            "name: words\ntype: uri_file\npath: ./words.csv\ndescription: Greek letters\n",
        }
    )
    bench.pipeline(
        {
            "say": {
                "command": "cat ${{inputs.words}} > ${{outputs.out}}; echo ${{inputs.word}} >> ${{outputs.out}}",
                "inputs": {"words": {"type": "uri_file", "path": "azureml:words:1"}, "word": "${{parent.inputs.word}}"},
                "outputs": {"out": {"type": "uri_file"}},
                "environment": ENVIRONMENT,
            },
        },
        inputs={"word": "gamma"},
        display_name="Words",
        tags={"team": "letters"},
    )
    bench.write({"count.pipeline.yml": _COUNTING})
    with bench.workspace() as workspace:
        for version in ("1", "2"):
            asked = NewVersion(AssetKind.DATA, bench.root / "data/words.yml", values={"version": version})
            workspace.create_version(asked)
    return bench


@pytest.fixture
def chain(bench: Bench, plain_terminal: None) -> Bench:
    """Steps that ran; train waits for a gate that stands open when it has opened all that it needs."""
    run_chain(bench, f"sh t.sh ${{{{inputs.x}}}} > ${{{{outputs.out}}}}/f; {bench.gate()}")
    return bench


@pytest.fixture
def report(bench: Bench, plain_terminal: None) -> Bench:
    """One step, from code, that ran; it begins at a gate that stands open."""
    bench.write({"src/r.sh": "echo 1", "src/README.md": "words"})
    bench.pipeline({"report": step(f"{bench.gate()}; sh r.sh > ${{{{outputs.out}}}}/f", code="src/", makes=["out"])})
    bench.open_gate()
    bench.run()
    return bench


_COUNTING = """\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
jobs:
  count:
    type: command
    component: ./components/count.yml
    inputs:
      words: {type: uri_file, path: azureml:words@latest}
"""


@pytest.fixture
def session(words: Bench) -> Iterator[Session]:
    """A session on that workspace."""
    made = Session(words.root)
    yield made
    made.close()


@pytest.fixture
def app(session: Session) -> Workbench:
    """The workbench on that workspace."""
    return Workbench(session, session.view_file)


@pytest.fixture
def watching(bench: Bench) -> Iterator[StartWatching]:
    """Start `mlpw watch` on the bench; it ends with the test."""
    made: list[Watching] = []

    def start(*options: str, before: Sequence[str] = ()) -> Watching:
        made.append(Watching(bench, *options, before=before))
        return made[-1]

    yield start
    for each in made:
        each.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is given up because the machine is busy with much else."""
    monkeypatch.setattr(Pilot._wait_for_screen, "__defaults__", (PATIENCE_SECONDS,))
    monkeypatch.setattr(type_ahead, "_PATIENCE", 10**9)  # else a key that is held for ever passes as a slow one
    monkeypatch.setattr(watcher, "_ANYWAY_SECONDS", 10**9)  # a slow test would meet the look at everything


@pytest.fixture(autouse=True)
def own_person(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings and memory of a person who has been greeted already; gives their home."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    for name in ("NO_COLOR", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    (home / "state" / "mlpw").mkdir(parents=True)
    (home / "state" / "mlpw" / "state.json").write_text(json.dumps({"greeted": True}))
    return home
