"""What a step may ask of the host that runs its container."""

import shlex

import pytest

from core.definitions.docker_arguments import host_config
from core.errors import DefinitionError, Location

HERE = Location("p.yml", 3, 5)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("", {}),
        ("--cpus=2 -m 4g --shm-size 2g --gpus all --rm --init", {}),
        ("--ulimit memlock=-1 --ulimit nofile=64:128",
         {"Ulimits": [{"Name": "memlock", "Soft": -1, "Hard": -1}, {"Name": "nofile", "Soft": 64, "Hard": 128}]}),
        ("--ipc private --network=none", {"IpcMode": "private", "NetworkMode": "none"}),
        ("--tmpfs /scratch:size=1g --tmpfs /more", {"Tmpfs": {"/scratch": "size=1g", "/more": ""}}),
        ("--add-host a:1.2.3.4 --dns 1.1.1.1", {"ExtraHosts": ["a:1.2.3.4"], "Dns": ["1.1.1.1"]}),
        ("--read-only --pids-limit 100", {"ReadonlyRootfs": True, "PidsLimit": 100}),
    ],
)  # fmt: skip
def test_what_may_be_asked(written: str, asked: dict[str, object]) -> None:
    assert host_config(shlex.split(written)) == asked


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
    ],
)
def test_what_is_refused_says_where_and_what_to_do(written: str, words: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        host_config(shlex.split(written), HERE)
    assert words in str(refused.value)
    assert str(refused.value).startswith("p.yml:3:5: docker_args: ")
