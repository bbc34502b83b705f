"""How busy this machine is."""

from core.computes.load import MachineLoad
from tests.support.waiting import eventually


def test_a_second_look_tells_how_many_cores_are_at_work() -> None:
    meter = MachineLoad()
    assert meter.look().cores == -1.0
    eventually(lambda: meter.look().cores > 0, "work, which this test does itself")
    assert meter.look().memory > 0
