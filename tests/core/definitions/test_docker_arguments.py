"""What a step may ask of the host that runs its container."""

import shlex

import pytest

from core.definitions.docker_arguments import _REFUSED, host_config
from core.errors import DefinitionError, Location

HERE = Location("p.yml", 3, 5)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("", {}),
        ("--cpus=2 -m 4g --shm-size 2g --gpus 2 --rm --init", {}),
        ("--gpus all", {"DeviceRequests": [{"Driver": "", "Capabilities": [["gpu"]], "Count": -1}]}),
        ("--gpus 'device=0,2'",
         {"DeviceRequests": [{"Driver": "", "Capabilities": [["gpu"]], "DeviceIDs": ["0", "2"]}]}),
        ("--runtime runc --cpu-shares 512 --cpuset-cpus 0 --memory-reservation 16m",
         {"Runtime": "runc", "CpuShares": 512, "CpusetCpus": "0", "MemoryReservation": 16 << 20}),
        ("--ulimit memlock=-1 --ulimit nofile=64:128",
         {"Ulimits": [{"Name": "memlock", "Soft": -1, "Hard": -1}, {"Name": "nofile", "Soft": 64, "Hard": 128}]}),
        ("--ipc private --network=none", {"IpcMode": "private", "NetworkMode": "none"}),
        ("--tmpfs /scratch:size=1g --tmpfs /more", {"Tmpfs": {"/scratch": "size=1g", "/more": ""}}),
        ("--add-host a:1.2.3.4 --dns 1.1.1.1", {"ExtraHosts": ["a:1.2.3.4"], "Dns": ["1.1.1.1"]}),
        ("--pids-limit -1 --dns ::1", {"PidsLimit": -1, "Dns": ["::1"]}),
        ("--add-host a:host-gateway", {"ExtraHosts": ["a:host-gateway"]}),
        ("--read-only --pids-limit 100", {"ReadonlyRootfs": True, "PidsLimit": 100}),
    ],
)  # fmt: skip
def test_what_may_be_asked(written: str, asked: dict[str, object]) -> None:
    assert host_config(shlex.split(written)) == asked


@pytest.mark.parametrize("name", sorted(_REFUSED))
def test_each_that_is_refused_says_why(name: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        host_config([f"{'-' if len(name) == 1 else '--'}{name}=x"], HERE)
    assert (refused.value.location, refused.value.hint) == (HERE, _REFUSED[name])


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("--privileged", "--privileged is not allowed; steps run without privileges"),
        ("-v /:/host", "-v is not allowed; give data as an input"),
        ("--cap-add SYS_ADMIN", "--cap-add is not allowed"),
        ("--network host", "--network host: a step has a network of its own"),
        ("--ipc=host", "--ipc host: for more shared memory say shm_size: 8g"),
        ("--ulimits nofile=1", "--ulimits is not known here; did you mean 'ulimit'?"),
        ("--ulimit nofile", "--ulimit nofile: write it as nofile=1024"),
        ("--pids-limit many", "--pids-limit many: a whole number"),
        ("--tmpfs scratch", "an absolute path"),
        ("-e A=b", "use environment_variables"),
        ("--dns nobody", "--dns nobody: an address, as 10.0.0.1"),
        ("--add-host other", "--add-host other: write it as NAME:10.0.0.1"),
        ("--gpus some", "--gpus some: a number, all, or device=0,1"),
        ("--runtime kata", "--runtime kata: one of nvidia, runc"),
        ("--memory-reservation lots", "'lots' is no size"),
        ("--cpuset-cpus", "--cpuset-cpus : needs a value"),
    ],
)
def test_what_is_refused_says_where_and_what_to_do(written: str, words: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        host_config(shlex.split(written), HERE)
    assert words in str(refused.value)
    assert str(refused.value).startswith("p.yml:3:5: docker_args: ")
