"""What a hosted step asks of its host beyond a command: what it gets, and what is refused before anything is done."""

import pytest

from core.errors import DefinitionError
from tests.core.engine.hosts.conftest import add_target, contained, pipeline, run
from tests.support.bench import Bench
from tests.support.docker_hosts import DockerHost

ALLOWED = (
    "--ipc private --network none --runtime runc --ulimit nofile=64:128 --tmpfs /scratch:size=1m --pids-limit 50"
    " --cpu-shares 512 --cpuset-cpus 0 --memory 64m --memory-reservation 16m --add-host other:1.2.3.4 --dns 1.1.1.1"
    " --read-only --cpus 0.5 --shm-size 8m --rm --init"
)
LOOK = """
ulimit -n; ulimit -Hn
touch /scratch/x && echo scratch
touch /x 2>/dev/null || echo read-only
grep other /etc/hosts; nproc
df -k /dev/shm | tail -1
ls /sys/class/net
"""


def test_an_engine_gives_all_that_may_be_asked_for(hosted: Bench) -> None:
    pipeline(hosted, {"only": contained(LOOK, resources={"docker_args": ALLOWED})})
    number = run(hosted)
    assert hosted.statuses(number) == {"only": "succeeded"}, hosted.steps(number)["only"].error
    said = hosted.log(number, "only").splitlines()
    assert said[:4] == ["64", "128", "scratch", "read-only"]
    assert said[4].split() == ["1.2.3.4", "other"]
    assert said[5] == "1"
    assert said[6].split()[1] == "8192"
    assert "lo" in said[7:]
    assert "eth0" not in said[7:]


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({"docker_args": "--privileged"}, "docker_args: --privileged is not allowed; steps run without privileges"),
        ({"docker_args": "--ulimits x"}, "docker_args: --ulimits is not known here; did you mean 'ulimit'?"),
        ({"shm_size": "lots"}, "'lots' is no size; write it as 512m, 2g or 16g"),
    ],
)
def test_what_is_refused_is_so_before_it_starts(hosted: Bench, resources: dict[str, str], words: str) -> None:
    pipeline(hosted, {"only": contained("true", resources=resources)})
    with pytest.raises(DefinitionError) as refused:
        hosted.start()
    assert words in str(refused.value)
    assert str(refused.value).startswith("pipeline.yml:1:")


def test_a_card_that_a_host_cannot_give_is_said_before_anything_is_pulled(hosted: Bench) -> None:
    nowhere = {"image": "localhost:1/nothing:1"}
    pipeline(hosted, {"only": contained("true", resources={"docker_args": "--gpus 1"}, environment=nowhere)})
    row = hosted.steps(run(hosted))["only"]
    assert row.status == "failed"
    assert "box has no GPU for containers, and the step asks for 1; install nvidia-container-toolkit" in row.error
    assert "nothing:1" not in row.error


def test_a_card_that_a_target_only_says_it_has_is_refused_by_its_engine_in_words(
    hosted: Bench, host: DockerHost
) -> None:
    add_target(hosted, "box", host, gpus=1)
    pipeline(hosted, {"only": contained("true", resources={"docker_args": "--gpus all"})})
    row = hosted.steps(run(hosted))["only"]
    assert "cannot start: box: could not select device driver" in row.error
    assert "install nvidia-container-toolkit on the host, or ask for no gpus" in row.error


def test_shared_memory_is_the_targets_where_the_step_says_nothing(hosted: Bench, host: DockerHost) -> None:
    add_target(hosted, "box", host, shm_size="24m")
    look = "df -k /dev/shm | tail -1"
    pipeline(hosted, {"a": contained(look), "b": contained(f"true; {look}", resources={"shm_size": "16m"})})
    number = run(hosted)
    sizes = {name: hosted.log(number, name).split()[1] for name in ("a", "b")}
    assert sizes == {"a": "24576", "b": "16384"}


def test_a_hosted_step_has_the_time_that_its_limits_give(hosted: Bench) -> None:
    pipeline(hosted, {"only": contained("echo begun; sleep 1000", limits={"timeout": 1})})
    number = run(hosted)
    row = hosted.steps(number)["only"]
    assert (row.status, row.error) == ("failed", "timed out after 1 s")
    assert "begun" in hosted.log(number, "only")
