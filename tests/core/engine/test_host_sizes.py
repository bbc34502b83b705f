"""How large hosts are, for estimates."""

from pathlib import Path

from core.definitions.compute_target import ComputeTarget
from core.engine.host_sizes import host_bounds, remember
from core.layout import Layout

GIB = 1 << 30


def test_a_host_is_as_large_as_it_said_or_as_its_definition_says_it_may_be_used(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    remember(layout, "known", 8, 16 * GIB)
    remember(layout, "bounded", 8, 16 * GIB)
    names = {"known": {}, "bounded": {"cpus": 2, "memory": 4 * GIB}, "stated": {"cpus": 3}, "unknown": {}}
    targets = [ComputeTarget(name, "ssh://x", **more) for name, more in names.items()]  # type: ignore[arg-type]

    found = host_bounds(layout, targets)

    assert {name: (bound.cpus, bound.memory) for name, bound in found.items()} == {
        "known": (8, 16 * GIB),
        "bounded": (2, 4 * GIB),
        "stated": (3, 0),
        "unknown": (0, 0),
    }
    assert found["known"].gpus > 0


def test_what_cannot_be_read_is_not_known(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    remember(layout, "far", 8, 16 * GIB)
    (layout.cache / "hosts" / "far.json").write_text("[8")

    assert host_bounds(layout, [ComputeTarget("far")])["far"].cpus == 0
