from tests.support.bench import Bench
from tests.support.steps import step


def test_a_second_run_starts_nothing(bench: Bench) -> None:
    bench.pipeline(
        {
            "train": step("echo weights > ${{outputs.model}}/m", makes=["model"]),
            "report": step(
                "cat ${{inputs.model}}/m > ${{outputs.out}}/r", takes={"model": "train.model"}, makes=["out"]
            ),
        }
    )

    assert bench.run() == ["train", "report"]
    assert bench.run() == []
    assert bench.plan() == {"train": "up to date", "report": "up to date"}
