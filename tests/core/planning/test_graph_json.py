from core.definitions.compute_target import ComputeTarget
from core.definitions.environment import EnvironmentSpec
from core.errors import Location, Notice
from core.planning.graph import (
    Absent,
    DataInput,
    Graph,
    Missing,
    OutputPort,
    Parameter,
    PipelineOutput,
    Resources,
    Settings,
    Step,
    StepOutput,
)
from core.planning.graph_json import graph_from_json, graph_to_json

PLACE = Location("p.yml", 3, 5)


def test_a_graph_comes_back_as_it_was() -> None:
    first = Step(
        "a",
        "echo ü 'x'\n",
        code="/src",
        code_includes=("/lib",),
        environment=EnvironmentSpec("e", image="i", packages=("p==1",), environment_variables={"A": "1"}),
        inputs={
            "text": Parameter("0.1", "number"),
            "data": DataInput("/d", "uri_file", "download", "azureml://x", "digest", late=True, location=PLACE),
            "absent": Absent("string"),
            "missing": Missing("uri_folder", "no value", "--set", PLACE),
        },
        outputs={"out": OutputPort("uri_folder", "upload", "/to", "name", "1")},
        environment_variables={"SEED": "1"},
        distribution={"type": "mpi"},
        resources=Resources(2, 1024, 1, 2, "2g"),
        timeout=9.5,
        is_deterministic=False,
        unsupported="sweep",
        location=PLACE,
    )
    second = Step("b", "cat", inputs={"x": StepOutput("a", "out", "uri_folder", "direct", optional=True)})
    graph = Graph(
        "n",
        "/p.yml",
        {"a": first, "b": second},
        outputs={"o": PipelineOutput("a", "out", "uri_folder", "/to", "name", "1")},
        inputs={"i": "1"},
        settings=Settings(True, True, "gpu", "blob"),
        tags={"k": "v"},
        notices=(Notice("said", PLACE),),
        targets={"box": ComputeTarget("box", "ssh://box", cpus=2, location=PLACE)},
        sources=("/p.yml",),
        looked_in=("/",),
    )

    assert graph_from_json(graph_to_json(graph)) == graph
