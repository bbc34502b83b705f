"""What `mlpw watch` prints at a save."""

from pathlib import Path

import pytest

from core.workspace.replanning import Replanner
from tests.support.bench import Bench
from tests.support.settled import settled
from tui.watch_words import Words


def test_many_steps_that_stay_are_one_line(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    settled(bench, 12)
    with bench.workspace() as workspace:
        replanner, words = Replanner(workspace, bench.file), Words("pipeline.yml", bench.root)
        words.planned(replanner.plan(), ())
        readme, own = (str(Path(bench.root, "src", name)) for name in ("README.md", "s4.sh"))
        bench.write({"src/README.md": "other words\n", "src/s4.sh": "echo other\n"})
        capsys.readouterr()
        words.planned(replanner.plan([readme, own]), [readme, own])
        lines = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert " ".join(lines[1][1:]) == "10 steps up to date not opened by these steps: README.md, s4.sh"
        assert lines[2][1:] == ["s4", "stale", "s4.sh", "changed"]
        assert lines[3][1:] == ["s5", "waiting", "waits", "for", "s4"]


def test_few_steps_that_stay_are_told_one_by_one(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    settled(bench, 2)
    with bench.workspace() as workspace:
        replanner, words = Replanner(workspace, bench.file), Words("pipeline.yml", bench.root)
        words.planned(replanner.plan(), ())
        readme = str(Path(bench.root, "src", "README.md"))
        bench.write({"src/README.md": "other words\n"})
        capsys.readouterr()
        words.planned(replanner.plan([readme]), [readme])
        said = capsys.readouterr().out
        assert said.count("not opened by this step: README.md") == 2


def test_what_a_run_leaves_stale_is_told_after_it_though_it_was_before(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    settled(bench, 2)
    run = bench.end_of(bench.start())
    with bench.workspace() as workspace:
        replanner, words = Replanner(workspace, bench.file), Words("pipeline.yml", bench.root)
        words.planned(replanner.plan(), ())
        own = str(Path(bench.root, "src", "s1.sh"))
        bench.write({"src/s1.sh": "echo other\n"})
        words.planned(replanner.plan([own]), [own])
        words.started(workspace, run.number)
        bench.write({"src/s1.sh": "echo third\n"})
        words.planned(replanner.plan([own]), [own])
        words.ended(workspace, run)
        capsys.readouterr()
        words.planned(replanner.plan(()), ())
        said = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert said[0][1:] == ["s1", "stale", "s1.sh", "changed"]
        assert said[1] == ["2", "steps:", "1", "up", "to", "date,", "1", "stale"]
        words.planned(replanner.plan(()), ())
        assert capsys.readouterr().out == ""
