"""What the engine is asked for."""

from typing import Any

from core.computes.containers.body import create_body
from core.computes.protocol import AttemptSpec, ContainerSpec, Mount, RecorderHook
from core.definitions.compute_target import ComputeTarget

GIB = 1 << 30


def body(secrets: dict[str, str] | None = None, recorder: RecorderHook | None = None, **changes: Any) -> dict[str, Any]:
    container = ContainerSpec(
        ComputeTarget("here"), "image:1", "mlpw-a", {"mlpw.run": "3"}, (Mount("/in", "/in"), Mount("/o", "/o", True))
    )
    given = {name: changes.get(name, getattr(container, name)) for name in ContainerSpec.__slots__}
    spec = AttemptSpec(("bash", "-c", "echo"), "/o", {"A": "b"}, recorder=recorder, container=ContainerSpec(**given))
    return create_body(spec.as_json(), secrets or {})


def test_a_container_gets_nothing_that_it_did_not_ask_for() -> None:
    host = body()["HostConfig"]
    assert (host["CapDrop"], host["CapAdd"], host["Privileged"]) == (["ALL"], [], False)
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert (host["AutoRemove"], host["RestartPolicy"], host["Init"]) == (False, {"Name": "no"}, True)
    assert not {"Memory", "NanoCpus", "DeviceRequests", "ShmSize"} & host.keys()


def test_arguments_cannot_undo_what_keeps_the_host_safe() -> None:
    host = body(arguments={"Privileged": True, "CapDrop": [], "IpcMode": "private"})["HostConfig"]
    assert (host["Privileged"], host["CapDrop"], host["IpcMode"]) == (False, ["ALL"], "private")


def test_limits_are_the_engines_units_and_no_swap_comes_on_top() -> None:
    host = body(cpus=1.5, memory=2 * GIB, gpus=2, shm_size=GIB)["HostConfig"]
    assert (host["NanoCpus"], host["Memory"], host["MemorySwap"]) == (1_500_000_000, 2 * GIB, 2 * GIB)
    assert host["ShmSize"] == GIB
    assert host["DeviceRequests"] == [{"Driver": "", "Count": 2, "Capabilities": [["gpu"]]}]


def test_inputs_are_read_only_and_outputs_are_not() -> None:
    mounts = body()["HostConfig"]["Mounts"]
    assert [(mount["Target"], mount["ReadOnly"]) for mount in mounts] == [("/in", True), ("/o", False)]


def test_only_the_steps_own_variables_go_in_and_no_secret_into_a_label() -> None:
    made = body({"TOKEN": "hush"})
    assert set(made["Env"]) == {"A=b", "TOKEN=hush", "TINI_KILL_PROCESS_GROUP=1"}
    assert made["Labels"] == {"mlpw.run": "3"}


def test_a_recorder_is_reached_inside_of_the_container() -> None:
    made = body(recorder=RecorderHook("/lib/recorder", {"events": "/o/events.jsonl"}))
    assert "MLFLOW_TRACKING_URI=http://127.0.0.1:47147" in made["Env"]
    assert made["Entrypoint"][3] == "mlpw"
    assert made["Entrypoint"][5:8] == ["47147", "/lib/recorder", '{"events": "/o/events.jsonl"}']
