"""`mlpw watch`: real processes, real saves."""

import contextlib
import json
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.bench import Bench
from tests.support.shell import MLPW
from tests.support.steps import step
from tests.support.waiting import eventually

OUT = "${{outputs.out}}/f"


class Watching:
    """A `mlpw watch` that goes on in the background; `events` is what it has said so far."""

    def __init__(self, bench: Bench, *options: str, before: Sequence[str] = ()) -> None:
        self._log = bench.outside / "watch.txt"
        self._stream = self._log.open("w")
        command = [*before, MLPW, "watch", bench.name, *options]
        self.process = subprocess.Popen(
            command, cwd=bench.root, stdout=self._stream, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )

    @property
    def text(self) -> str:
        return self._log.read_text()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]

    def until(self, is_it: Callable[[dict[str, Any]], object], after: int = 0) -> dict[str, Any]:
        """Wait for an event of this kind; it."""
        eventually(lambda: any(map(is_it, self.events[after:])) or self.process.poll() is not None, self.text)
        return next(event for event in self.events[after:] if is_it(event))

    def until_planned(self, after: int = 0, **decisions: str) -> dict[str, Any]:
        """Wait for a plan that decides these steps so."""

        def decides(event: dict[str, Any]) -> bool:
            steps = event.get("steps", {}) if event["event"] == "plan" else {}
            return all(steps.get(name, {}).get("decision") == word for name, word in decisions.items())

        return self.until(lambda event: event["event"] == "plan" and decides(event), after)

    def press(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        return self.process.wait(60)

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self._stream.close()


@pytest.fixture
def watching(bench: Bench) -> Iterator[Callable[..., Watching]]:
    made: list[Watching] = []

    def start(*options: str, before: Sequence[str] = ()) -> Watching:
        made.append(Watching(bench, *options, before=before))
        return made[-1]

    yield start
    for each in made:
        each.close()


@pytest.fixture
def chain(bench: Bench) -> Bench:
    """prepare -> train, and report beside them; train waits for a gate that stands open."""
    bench.write({"src/p.sh": "echo 1", "src/t.sh": "cat $1/f", "src/r.sh": "echo report", "src/README.md": "words"})
    bench.open_gate()
    bench.pipeline(
        {
            "prepare": step(f"sh p.sh > {OUT}", code="src/", makes=["out"]),
            "train": step(
                f"{bench.gate()}; sh t.sh ${{{{inputs.x}}}} > {OUT}",
                code="src/",
                takes={"x": "prepare.out"},
                makes=["out"],
            ),
            "report": step(f"sh r.sh > {OUT}", code="src/", makes=["out"]),
        }
    )
    bench.run()
    return bench


def is_(kind: str, **values: object) -> Callable[[dict[str, Any]], bool]:
    return lambda event: event["event"] == kind and all(event.get(name) == value for name, value in values.items())


def test_each_save_shows_what_it_touches(chain: Bench, watching: Callable[..., Watching]) -> None:
    watch = watching("--json")
    watch.until_planned(prepare="up_to_date", train="up_to_date", report="up_to_date")

    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    event = watch.until_planned(train="stale")
    assert event["steps"]["train"]["reasons"] == ["t.sh changed"]
    assert [Path(path).name for path in event["changed"]] == ["t.sh"]
    assert event["steps"]["prepare"]["unopened"] == ["t.sh"]

    seen = len(watch.events)
    chain.write({"src/t.sh": "cat $1/f"})
    watch.until_planned(train="up_to_date", after=seen)
    assert sorted(chain.started()) == ["prepare", "report", "train"]
    watch.press()
    assert watch.end() == 0


def test_a_definition_that_does_not_load_is_said_and_recovers(chain: Bench, watching: Callable[..., Watching]) -> None:
    watch = watching()
    eventually(lambda: "3 steps" in watch.text)
    good = chain.file.read_text()
    chain.file.write_text(good.replace('"jobs"', '"jbos"'))
    eventually(lambda: "did you mean 'jobs'?" in watch.text and "^" in watch.text, watch.text)
    assert "pipeline.yml:4:2: unknown key 'jbos'" in watch.text
    line, mark = watch.text.splitlines()[-2:]
    assert line[mark.index("^") :].startswith('"jbos"')
    chain.file.write_text(good)
    eventually(lambda: "pipeline.yml loads again" in watch.text, watch.text)
    watch.press()
    assert watch.end() == 0


def test_a_pipeline_that_never_loaded_is_waited_for(bench: Bench, watching: Callable[..., Watching]) -> None:
    bench.file.write_text("type: pipeline\njobs: {a: {command: echo, component: ./a.yml}}\n")
    watch = watching("--json")
    watch.until(is_("error"))
    bench.pipeline({"a": step()})
    watch.until_planned(a="stale")


def test_a_missing_component_that_comes_is_noticed(bench: Bench, watching: Callable[..., Watching]) -> None:
    bench.file.write_text('{"type": "pipeline", "jobs": {"a": {"type": "command", "component": "./c/a.yml"}}}')
    watch = watching("--json")
    watch.until(is_("error"))
    bench.write({"c/a.yml": "type: command\nname: a\ncommand: echo\nenvironment: {image: 'ubuntu:22.04'}\n"})
    watch.until_planned(a="stale")


def test_what_a_save_makes_stale_runs_at_once(chain: Bench, watching: Callable[..., Watching]) -> None:
    watch = watching("--run", "--json")
    watch.until_planned(report="up_to_date")
    before = len(chain.started())
    chain.write({"src/r.sh": "echo other"})
    event = watch.until(is_("ended"))
    assert event["status"] == "succeeded"
    assert chain.started()[before:] == ["report"]
    chain.write({"src/README.md": "other words"})
    watch.until(lambda e: e["event"] == "plan" and any(path.endswith("README.md") for path in e["changed"]))
    assert chain.started()[before:] == ["report"]


def test_a_running_step_goes_on_and_runs_again(chain: Bench, watching: Callable[..., Watching]) -> None:
    watch = watching("--run", "--json")
    watch.until_planned(train="up_to_date")
    (chain.outside / "gate").unlink()
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    chain.until_started("train", times=2)
    chain.write({"src/t.sh": "cat $1/f; echo 3"})
    assert watch.until(is_("outdated", step="train"))["restarted"] is False
    chain.open_gate()
    chain.until_started("train", times=3)
    watch.until(lambda e: e["event"] == "ended" and e["run"] == "3")
    assert chain.text(3, "train") == "1\n3\n"
    assert chain.started().count("report") == 1


def test_a_running_step_is_restarted_where_that_is_wished(chain: Bench, watching: Callable[..., Watching]) -> None:
    watch = watching("--run", "--restart", "--json")
    watch.until_planned(train="up_to_date")
    (chain.outside / "gate").unlink()
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    chain.until_started("train", times=2)
    chain.write({"src/t.sh": "cat $1/f; echo 3"})
    watch.until(is_("outdated", step="train", restarted=True))
    chain.until_started("train", times=3)
    assert chain.last() == 2
    chain.open_gate()
    watch.until(lambda e: e["event"] == "ended" and e["run"] == "2")
    assert chain.text(2, "train") == "1\n3\n"
    assert (chain.steps(2)["train"].attempt, chain.last()) == (2, 2)


def test_a_running_step_that_is_defined_otherwise_begins_anew_as_it_is_defined_now(
    chain: Bench, watching: Callable[..., Watching]
) -> None:
    watch = watching("--run", "--restart", "--json")
    watch.until_planned(train="up_to_date")
    (chain.outside / "gate").unlink()
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    chain.until_started("train", times=2)
    chain.file.write_text(chain.file.read_text().replace("; sh t.sh", "; echo 3; sh ./t.sh"))
    watch.until(is_("outdated", step="train", restarted=True))
    chain.until_started("train", times=3)
    chain.open_gate()
    watch.until(lambda e: e["event"] == "ended" and e["run"] == "2")
    assert chain.text(2, "train") == "1\n2\n"
    assert (chain.steps(2)["train"].attempt, chain.last()) == (2, 2)


def saved(chain: Bench, before: str, after: str) -> None:
    text = chain.file.read_text()
    assert before in text
    chain.file.write_text(text.replace(before, after))


@pytest.fixture
def behind(chain: Bench) -> Bench:
    """As `chain`, with a step after train, which stands at its gate once it is run again."""
    (chain.outside / "gate").unlink()
    files = "cat ${{inputs.x}}/f"
    steps = json.loads(chain.file.read_text())["jobs"]
    chain.file.write_text(
        json.dumps(
            {
                "type": "pipeline",
                "jobs": {
                    **steps,
                    "score": step(f"echo score >> {chain.journal}; {files} > {OUT}; echo 1 >> {OUT}", makes=["out"])
                    | {"inputs": {"x": "${{parent.jobs.train.outputs.out}}"}},
                },
            },
            indent=1,
        )
    )
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    return chain


def test_a_step_that_has_not_begun_is_defined_anew_in_the_run_that_goes_on(
    behind: Bench, watching: Callable[..., Watching]
) -> None:
    watch = watching("--run", "--json")
    watch.until(is_("started"))
    behind.until_started("train", times=2)
    saved(behind, "echo 1 >>", "echo 3 >>")
    said = "defined anew while the run went on: score"
    watch.until(is_("notice", run="2", notice=said))
    behind.open_gate()
    watch.until(is_("ended", run="2", status="succeeded"))
    seen = len(watch.events)
    assert behind.text(2, "score") == "1\n2\n3\n"
    behind.write({"src/r.sh": "echo other"})
    watch.until(is_("ended", run="3"), after=seen)  # no run between
    assert behind.statuses(3) == {"prepare": "reused", "train": "reused", "report": "succeeded", "score": "reused"}


def test_a_definition_that_does_not_load_leaves_the_run_alone(behind: Bench, watching: Callable[..., Watching]) -> None:
    watch = watching("--run")
    behind.until_started("train", times=2)
    good = behind.file.read_text()
    saved(behind, '"score"', '"score" "score"')
    eventually(lambda: "the last good plan stays" in watch.text, watch.text)
    behind.file.write_text(good.replace("echo 1 >>", "echo 3 >>"))
    eventually(lambda: "defined anew while the run went on: score" in watch.text, watch.text)
    behind.open_gate()
    eventually(lambda: "run 2 succeeded" in watch.text, watch.text)
    assert behind.text(2, "score") == "1\n2\n3\n"


def test_a_run_that_cannot_take_a_definition_goes_on_and_the_next_takes_it(
    behind: Bench, watching: Callable[..., Watching]
) -> None:
    watch = watching("--run", "--json")
    behind.until_started("train", times=2)
    train = json.loads(behind.file.read_text())
    train["jobs"]["train"]["outputs"]["more"] = {"type": "uri_folder"}
    train["jobs"]["train"]["command"] += "; echo more > ${{outputs.more}}/f"
    train["jobs"]["score"]["inputs"]["x"] = "${{parent.jobs.train.outputs.more}}"
    behind.file.write_text(json.dumps(train))
    assert "which began without it" in watch.until(is_("refused", run="2"))["why"]
    behind.open_gate()
    watch.until(is_("ended", run="3", status="succeeded"))
    assert behind.text(2, "score") == "1\n2\n1\n"
    assert behind.text(3, "score") == "more\n1\n"


def test_somebody_elses_run_takes_it_too_while_saves_are_only_shown(
    behind: Bench, watching: Callable[..., Watching]
) -> None:
    run = behind.start()
    behind.until_started("train", times=2)
    watch = watching("--json")
    watch.until(is_("plan"))
    saved(behind, "echo 1 >>", "echo 3 >>")
    eventually(lambda: behind.run_record(run).notices[-1:] == ("defined anew while the run went on: score",))
    behind.open_gate()
    behind.end_of(run)
    assert behind.text(run, "score") == "1\n2\n3\n"


def test_a_file_that_a_running_step_opens_only_later_counts_then(
    chain: Bench, watching: Callable[..., Watching]
) -> None:
    chain.write({"src/t.sh": f"{chain.gate('half')}; . ./late.sh; {chain.gate('end')}", "src/late.sh": "echo 1"})
    watch = watching("--run", "--restart", "--json")
    chain.until_started("train", times=2)
    told = chain.attempt(chain.last(), "train").opened_so_far
    eventually(lambda: told.exists() and "t.sh" in told.read_text())
    chain.write({"src/late.sh": "echo 2"})
    watch.until(lambda e: e["event"] == "plan" and any(path.endswith("late.sh") for path in e["changed"]))
    assert not any(map(is_("outdated"), watch.events))
    chain.open_gate("half")
    watch.until(is_("outdated", step="train", restarted=True))
    chain.until_started("train", times=3)  # the earlier attempt is over by then
    chain.open_gate("end")
    watch.until(is_("ended", status="succeeded"))
    assert chain.text(chain.last(), "train") == "2\n"


def test_a_failure_is_not_run_again_before_the_next_save(chain: Bench, watching: Callable[..., Watching]) -> None:
    watch = watching("--run", "--json")
    watch.until_planned(report="up_to_date")
    chain.write({"src/r.sh": "exit 3"})
    assert watch.until(is_("ended"))["status"] == "failed"
    seen = len(watch.events)
    chain.write({"src/README.md": "a save that has nothing to do with it"})
    watch.until(is_("plan"), after=seen)
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    assert watch.until(is_("ended"), after=seen)["status"] == "failed"  # a run of what was saved leaves it as it is
    assert chain.statuses(3) == {"prepare": "reused", "train": "succeeded", "report": "failed"}
    assert chain.steps(3)["report"].reasons == ("failed in run 2, and nothing that it depends on has changed",)
    chain.write({"src/r.sh": "echo good"})
    watch.until(is_("ended", status="succeeded"))
    assert chain.started().count("report") == 3


def test_somebody_elses_run_is_waited_for(chain: Bench, watching: Callable[..., Watching]) -> None:
    (chain.outside / "gate").unlink()
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    other = chain.start()
    chain.until_started("train", times=2)
    watch = watching("--run", "--json")
    watch.until(is_("waits", run=str(other)))
    chain.open_gate()
    chain.end_of(other)
    watch.until_planned(train="up_to_date")
    assert chain.last() == other


def test_ctrl_c_cancels_its_own_run(chain: Bench, watching: Callable[..., Watching]) -> None:
    watch = watching("--run", "--json")
    watch.until_planned(train="up_to_date")
    (chain.outside / "gate").unlink()
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    chain.until_started("train", times=2)
    watch.press()
    watch.until(is_("cancelling"))
    assert watch.end() == 130
    assert chain.statuses(2)["train"] == "cancelled"


def test_restart_without_run_is_refused(bench: Bench, watching: Callable[..., Watching]) -> None:
    watch = watching("--restart")
    assert watch.end() == 2
    assert "--restart needs --run" in watch.text


#: In a user namespace of its own a program has limits of its own, which the kernel keeps.
LIMITS = {
    "max_inotify_watches": ("1", "limit of watched folders", "fs.inotify.max_user_watches="),
    "max_inotify_instances": ("0", "too many programs of this user watch files", "fs.inotify.max_user_instances="),
}


def limited(name: str, most: str) -> list[str]:
    return [
        "unshare",
        "--user",
        "--map-root-user",
        "sh",
        "-c",
        f'echo {most} > /proc/sys/user/{name} && exec "$@"',
        "-",
    ]


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_of_the_kernel_is_one_line_and_saves_are_seen_all_the_same(
    chain: Bench, watching: Callable[..., Watching], name: str
) -> None:
    most, words, sysctl = LIMITS[name]
    watch = watching(before=limited(name, most))
    eventually(lambda: "3 steps" in watch.text, watch.text)
    said = [line for line in watch.text.splitlines() if words in line]
    assert len(said) == 1
    assert f"sudo sysctl {sysctl}" in said[0]
    assert said[0].endswith("until then mlpw looks every second")
    chain.write({"src/r.sh": "echo other"})
    eventually(lambda: "r.sh changed" in watch.text, watch.text)
