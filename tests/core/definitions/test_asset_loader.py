"""Definitions are registered whole: what they need is kept, and changing the originals changes nothing."""

import shutil
from pathlib import Path

import pytest

from core.definitions.asset_loader import load_asset
from core.definitions.catalog import CatalogEntry
from core.definitions.components import PipelineComponent
from core.errors import DefinitionError
from tests.support.pipelines import TRAIN, Desk, Registered


class Shelf:
    """Keeps copies in a folder of the workspace, as the store does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.kept: list[str] = []

    def keep(self, path: str) -> str:
        self.kept.append(path)
        target = self.root / ".mlpw" / "kept" / str(len(self.kept))
        target.parent.mkdir(parents=True, exist_ok=True)
        if Path(path).is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copy(path, target)
        return f".mlpw/kept/{len(self.kept)}"


def test_a_component_with_all_it_refers_to_outlives_its_files(desk: Desk) -> None:
    desk.write("parts/train.yml", TRAIN.replace("{image: python}", "{image: x, conda_file: conda.yml}") + "code: src\n")
    desk.write("parts/conda.yml", "dependencies: [python=3.10, {pip: [-r more.txt, -e ./lib]}]")
    desk.write("parts/more.txt", "numpy\n")
    desk.write("parts/lib/lib.py", "x = 1\n")
    desk.write("parts/src/train.py", "print(1)\n")
    desk.write(
        "inner.yml",
        """
        name: inner
        type: pipeline
        inputs: {data: {type: uri_folder}}
        outputs: {model: {type: uri_folder}}
        jobs:
          fit:
            component: ./parts/train.yml
            inputs: {data: "${{parent.inputs.data}}"}
            outputs: {model: "${{parent.outputs.model}}"}
    """,
    )
    desk.write("data/x")
    pipeline = "type: pipeline\njobs: {{a: {{type: pipeline, inputs: {{data: {{path: data}}}}, component: {}}}}}"
    before = desk.graph(pipeline.format("inner.yml")).steps["a.fit"]

    shelf = Shelf(desk.root)
    asset = load_asset(desk.root / "inner.yml", "component", root=desk.root, keep=shelf.keep)
    assert (asset.name, asset.type) == ("inner", "pipeline")
    assert isinstance(asset.component, PipelineComponent)
    shutil.rmtree(desk.root / "parts")
    (desk.root / "inner.yml").unlink()

    entry = CatalogEntry("inner", "1", asset.definition, folder=str(desk.root))
    desk.catalog = Registered({("component", "inner"): [entry]})
    after = desk.graph(pipeline.format("'azureml:inner:1'")).steps["a.fit"]
    assert (after.command, after.inputs, after.outputs) == (before.command, before.inputs, before.outputs)
    assert (Path(after.code) / "train.py").read_text() == "print(1)\n"
    assert (after.environment.conda, after.environment.packages) == (("python=3.10",), ("numpy",))
    kept, original = after.environment.local_packages[0], before.environment.local_packages[0]
    assert (kept.digest, kept.editable) == (original.digest, True)


def test_data_says_where_it_lies(desk: Desk) -> None:
    desk.write("data/a.csv")
    desk.write("assets/d.yml", "name: taxi\nversion: 3\ntype: uri_folder\npath: ../data\ntags: {a: b}\n")
    asset = load_asset(desk.root / "assets/d.yml", "data", root=desk.root)
    assert asset.place is not None
    assert (asset.place.path, asset.version, asset.type) == (str(desk.root / "data"), "3", "uri_folder")
    assert asset.tags == {"a": "b"}


def test_an_environment_holds_its_conda_file(desk: Desk) -> None:
    desk.write("conda.yml", "dependencies: [python=3.9]")
    desk.write("e.yml", "name: e\nimage: x\nconda_file: conda.yml\n")
    asset = load_asset(desk.root / "e.yml", "environment", root=desk.root, keep=Shelf(desk.root).keep)
    assert asset.definition["conda_file"] == {"dependencies": ["python=3.9"]}
    assert asset.environment is not None
    assert asset.environment.conda == ("python=3.9",)


def test_a_model_without_type_is_a_custom_one(desk: Desk) -> None:
    desk.write("m/model.pkl")
    desk.write("m.yml", "$schema: https://x/model.schema.json\nname: m\npath: m/model.pkl\n")
    assert load_asset(desk.root / "m.yml", "model", root=desk.root).type == "custom_model"


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (
            "data",
            "name: e\nimage: x\n",
            "environment, not data; use 'mlpw environment create'",
        ),
        ("data", "type: uri_folder\npath: .\n", "the data has no name"),
        ("data", "name: d\ntype: uri_file\npath: .\n", "is uri_file, but '.' is a folder"),
        ("data", "name: d\ntype: uri_folder\npath: nope\n", "does not exist"),
        ("data", "name: d\ntype: uri_foldr\npath: .\n", "did you mean 'uri_folder'?"),
        ("model", "name: d\ntype: mlflow_model\npaht: .\n", "did you mean 'path'?"),
        ("component", "name: c\ntype: command\nenvironment: {image: x}\n", "has no command"),
        ("environment", "name: e\nimage: x\nconda_fiel: y\n", "did you mean 'conda_file'?"),
    ],
)
def test_mistakes(desk: Desk, kind: str, text: str, message: str) -> None:
    desk.write("x.yml", text)
    with pytest.raises(DefinitionError) as raised:
        load_asset(desk.root / "x.yml", kind, root=desk.root)
    assert message in str(raised.value)
