"""Compute targets: what their YAML may say, how steps name them, what is a mistake."""

import pytest

from core.definitions.compute_reader import find_targets
from core.definitions.compute_target import ComputeTarget, Targets
from core.definitions.loading import Loading
from core.errors import DefinitionError
from core.workspace import Workspace
from tests.support.pipelines import Desk

PIPELINE = """
type: pipeline
settings: {{default_compute: azureml:cluster}}
jobs:
  a: {{command: "true", environment: {{image: x}}, compute: {}}}
"""


@pytest.fixture
def desk(desk: Desk) -> Desk:
    for name in ("ca", "cert", "key"):
        desk.write(f"compute/{name}.pem", "x")
    return desk


def test_all_that_a_target_may_say(desk: Desk) -> None:
    desk.write("compute/ssh_config", "Host *")
    desk.write(
        "compute/box.yml",
        """
        $schema: https://example.org/dockerCompute.schema.json
        type: docker
        name: box
        description: The machine under the desk
        host: ssh://me@box.example.org:2222
        ssh_config: ./ssh_config
        cpus: 7.5
        memory: 32g
        gpus: 2
        shm_size: 512m
        concurrency: 3
        """,
    )
    assert _targets(desk).find("box") == ComputeTarget(
        "box",
        "ssh://me@box.example.org:2222",
        ssh_config=str(desk.root / "compute/ssh_config"),
        cpus=7.5,
        memory=32 * 2**30,
        gpus=2,
        shm_size=512 * 2**20,
        concurrency=3,
        description="The machine under the desk",
        location=_targets(desk).known["box"].location,
    )
    assert str(_targets(desk).known["box"].location) == "compute/box.yml:5:7"


def test_certificates_lie_beside_the_file(desk: Desk) -> None:
    desk.write("compute/t.yml", "type: docker\nname: t\nhost: tcp://10.0.0.1:2376\n" + TLS)
    target = _targets(desk).known["t"]
    assert (target.tls_ca, target.tls_key) == (str(desk.root / "compute/ca.pem"), str(desk.root / "compute/key.pem"))


@pytest.mark.parametrize(
    "host", ["local", "context:gpu", "unix:///run/docker.sock", "ssh://gpu", "ssh://a.b@gpu.example.org:22"]
)
def test_hosts(desk: Desk, host: str) -> None:
    desk.write("x.yml", f"type: docker\nname: x\nhost: {host}\n")
    assert _targets(desk).known["x"].host == host


TLS = "tls: {ca: ca.pem, cert: cert.pem, key: key.pem}\n"
MISTAKES = [
    ("host: tcp://box:2375", "compute/x.yml:3:1: 'tcp://box:2375' without certificates would let anybody"),
    ("host: tcp://box:2375", "or reach it by ssh://"),
    ("host: tcp://box:2376\ntls: {ca: ca.pem, cert: cert.pem}", "compute/x.yml:4:6: tls names no 'key'"),
    ("host: tcp://box:2376\ntls: {ca: no.pem, cert: cert.pem, key: key.pem}", "ca 'no.pem' is no file; looked for"),
    ("host: tcp://box:2376\ntls: {certt: ca.pem}", "unknown key 'certt' in tls; did you mean 'cert'?"),
    ("host: https://box:2376", "did you mean 'tcp://box:2376'? it needs tls"),
    ("host: me@box", "compute/x.yml:3:7: host cannot be 'me@box'; did you mean 'ssh://me@box'?"),
    ("host: /run/docker.sock", "did you mean 'unix:///run/docker.sock'?"),
    ("host: locl", "did you mean 'local'?"),
    ("host: ssh://me:secret@box", "no password stands in a file"),
    ("host: ssh://-oProxyCommand=x", "host cannot be"),
    ("host: ssh://box/run/docker.sock", "write it as ssh://USER@HOST:PORT and nothing more"),
    ("host: [a]", "host of the compute target must be text"),
    ("host: local\ntls: {ca: ca.pem}", "tls is for tcp:// hosts, not for 'local'"),
    ("host: local\nssh_config: ca.pem", "ssh_config is for ssh:// hosts"),
    ("host: ssh://box\nssh_config: nowhere", "ssh_config 'nowhere' is no file"),
    ("memroy: 3g", "compute/x.yml:3:1: unknown key 'memroy' in the compute target; did you mean 'memory'?"),
    ("memory: much", "'much' is no size; write it as 512m, 2g or 16g"),
    ("cpus: 0", "cpus must be a number above 0, not '0'"),
    ("gpus: -1", "gpus of the compute target must be at least 0"),
    ("concurrency: two", "concurrency of the compute target must be a whole number"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_mistakes(desk: Desk, text: str, said: str) -> None:
    desk.write("compute/x.yml", f"type: docker\nname: x\n{text}\n")
    assert said in desk.error(PIPELINE.format("azureml:x"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("host: local", "the compute target has no name; add 'name:'"),
        ("name: local\nhost: local", "a compute target cannot be called 'local', which means something else"),
        ("name: a b\nhost: local", "a compute target cannot be called 'a b'"),
        ("name: [", "compute/x.yml"),
    ],
)
def test_names(desk: Desk, text: str, said: str) -> None:
    desk.write("compute/x.yml", f"type: docker\n{text}\n")
    (error,) = _targets(desk).broken.values()
    assert said in str(error)


def test_two_targets_of_one_name_are_a_mistake(desk: Desk) -> None:
    desk.write("a.yml", "type: docker\nname: x\n")
    desk.write("b.yml", "type: docker\nname: x\n")
    assert "b.yml:2:1: there is another compute target 'x' in a.yml; rename one" in desk.error(PIPELINE.format("x"))


@pytest.mark.parametrize("written", ["box", "azureml:box", "cluster", "azureml:cluster"])
def test_a_step_names_a_target_or_what_mlpw_yml_maps_to_one(desk: Desk, written: str) -> None:
    desk.write("mlpw.yml", "compute: {cluster: box}")
    desk.write("box.yml", "type: docker\nname: box\n")
    graph = desk.graph(PIPELINE.format(written))
    assert graph.steps["a"].compute == "box"
    assert set(graph.targets) == {"box"}
    assert not graph.notices


def test_a_name_that_is_mapped_to_nothing_is_a_mistake_with_the_nearest_name(desk: Desk) -> None:
    desk.write("mlpw.yml", "name: w\ncompute:\n  cluster: gpu-bx\n")
    desk.write("box.yml", "type: docker\nname: gpu-box\n")
    assert desk.error(PIPELINE.format("cluster")) == (
        "mlpw.yml:3:12: compute 'cluster' is mapped to 'gpu-bx', which is no compute target; did you mean 'gpu-box'?"
    )


def test_a_name_that_nothing_maps_is_this_machine_with_the_nearest_name(desk: Desk) -> None:
    desk.write("box.yml", "type: docker\nname: gpu-box\n")
    graph = desk.graph(PIPELINE.format("azureml:gpu-bx"))
    assert graph.steps["a"].compute == "local"
    assert "compute 'gpu-bx' is not in mlpw.yml: its steps run on this machine; did you mean 'gpu-box'?" in str(
        graph.notices[-1]
    )


def test_a_broken_target_harms_only_those_who_name_it(desk: Desk) -> None:
    desk.write("good.yml", "type: docker\nname: good\n")
    desk.write("bad.yml", "type: docker\nname: bad\nhost: nowhere\n")
    assert desk.graph(PIPELINE.format("good")).steps["a"].compute == "good"
    assert "bad.yml:3:7: host cannot be 'nowhere'" in desk.error(PIPELINE.format("bad"))


def test_where_no_step_may_name_a_target_none_is_looked_for(desk: Desk) -> None:
    desk.write("mlpw.yml", "compute: {cluster: local}")
    assert desk.graph(PIPELINE.format("local")).looked_in == ()


def test_a_remembered_graph_notices_a_target_that_comes_and_one_that_changes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.workspace.signs._SETTLED_NS", 0)  # as if everything had been written long ago
    looked: list[str] = []

    def looking(loading: Loading) -> Targets:
        looked.append(loading.root)
        return find_targets(loading)

    monkeypatch.setattr("core.definitions.pipeline_loader.find_targets", looking)
    file = desk.write("pipeline.yml", PIPELINE.format("box"))
    desk.write("compute/other.yml", "type: docker\nname: other\n")

    def host() -> str:
        with Workspace(desk.root) as workspace:
            targets = workspace.graph(file).targets
            return targets["box"].host if targets else ""

    with Workspace(desk.root) as workspace:
        workspace.keep()
    assert (host(), host()) == ("", "")
    assert len(looked) == 1, "the second graph was remembered"
    desk.write("compute/new.yml", "type: docker\nname: box\nhost: context:a\n")
    assert (host(), host()) == ("context:a", "context:a")
    assert len(looked) == 2
    desk.write("compute/new.yml", "type: docker\nname: box\nhost: context:bb\n")
    assert host() == "context:bb"


def _targets(desk: Desk) -> Targets:
    return find_targets(Loading(desk.root))


def test_errors_are_definition_errors(desk: Desk) -> None:
    desk.write("x.yml", "type: docker\nname: x\nhost: nowhere\n")
    with pytest.raises(DefinitionError):
        _targets(desk).find("x")
