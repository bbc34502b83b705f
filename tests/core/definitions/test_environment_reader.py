"""Environments in every form that Azure ML YAML gives them."""

from pathlib import Path

import pytest

from core.definitions.catalog import CatalogEntry
from core.definitions.environment import EnvironmentSpec
from tests.support.pipelines import Desk, Registered

SKLEARN = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
CONDA = """
    name: taxi
    channels: [conda-forge]
    dependencies:
      - python=3.10
      - numpy=1.22
      - pip
      - pip:
          - scikit-learn==1.5.0
          - -r more.txt
    variables: {OMP_NUM_THREADS: 1}
"""


def pipeline(environment: str) -> str:
    return f"type: pipeline\njobs:\n  a:\n    command: python a.py\n    environment: {environment}\n"


def spec_of(desk: Desk, environment: str) -> EnvironmentSpec:
    return desk.graph(pipeline(environment)).steps["a"].environment


def test_an_image(desk: Desk) -> None:
    spec = spec_of(desk, "{image: docker.io/python}")
    assert (spec.image, spec.name, spec.has_python) == ("docker.io/python", "docker.io/python", False)


def test_a_conda_file_with_requirements_it_includes(desk: Desk) -> None:
    desk.write("env/conda.yml", CONDA)
    desk.write(
        "env/more.txt", "# base\npandas>=2 \\\n  ,<3\n-r deeper/x.txt\n--extra-index-url https://example.org\n\n"
    )
    desk.write("env/deeper/x.txt", "mlflow # tracking\n")
    spec = spec_of(desk, "{image: x, conda_file: env/conda.yml}")
    assert spec.conda == ("python=3.10", "numpy=1.22", "pip")
    assert spec.packages[0] == "scikit-learn==1.5.0"
    assert [line.replace(" ", "") for line in spec.packages[1:3]] == ["pandas>=2,<3", "mlflow"]
    assert spec.packages[3] == "--extra-index-url https://example.org"
    assert spec.environment_variables == {"OMP_NUM_THREADS": "1"}
    assert set(spec.listed_in) == {"env/conda.yml", "env/more.txt", "env/deeper/x.txt"}


def test_an_inline_conda_file(desk: Desk) -> None:
    spec = spec_of(desk, "{conda_file: {dependencies: [python=3.9, {pip: [numpy]}]}}")
    assert (spec.conda, spec.packages) == (("python=3.9",), ("numpy",))


def test_the_form_of_the_file_does_not_matter_for_identity(desk: Desk) -> None:
    desk.write("conda.yml", "dependencies: [python=3.9, {pip: [numpy]}]")
    inline = spec_of(desk, "{conda_file: {dependencies: [python=3.9, {pip: [numpy]}]}}")
    assert spec_of(desk, "{conda_file: conda.yml}").parts() == inline.parts()


def test_a_local_package_is_identified_by_what_lies_there(desk: Desk) -> None:
    desk.write("lib/pyproject.toml", "[project]\nname='lib'\n")
    desk.write("lib/lib.py", "x = 1\n")
    desk.write("env/conda.yml", "dependencies: [{pip: [-e ../lib, ./dist/a.whl]}]")
    desk.write("env/dist/a.whl", "wheel")
    before = spec_of(desk, "{image: x, conda_file: env/conda.yml}")
    package, wheel = before.local_packages
    assert (package.written, package.path, package.editable) == ("../lib", str(desk.root / "lib"), True)
    assert not wheel.editable
    assert before.packages == ()
    assert not any(str(desk.root) in part for part in (*before.parts(), *before.parts().values()))
    desk.write("lib/lib.py", "x = 2\n")
    assert spec_of(desk, "{image: x, conda_file: env/conda.yml}").parts() != before.parts()


def test_what_an_environment_is_built_from(desk: Desk) -> None:
    desk.write("lib/lib.py")
    desk.write("a.whl", "wheel")
    packages = spec_of(desk, "{image: x, conda_file: {dependencies: [{pip: ['./lib[fast]', ./a.whl]}]}}")
    lib, wheel = packages.built_from
    assert (lib.path, lib.dockerfile) == (str(desk.root / "lib"), "")
    assert wheel.path == str(desk.root / "a.whl")
    assert packages.local_packages[0].path == str(desk.root / "lib[fast]")
    desk.write("docker/image/Dockerfile", "FROM python\n")
    (context,) = spec_of(desk, "{build: {path: docker, dockerfile_path: ./image/Dockerfile}}").built_from
    assert (context.path, context.dockerfile) == (str(desk.root / "docker"), "image/Dockerfile")


@pytest.mark.parametrize(
    "line", ["./lib", "-e ./lib", "file:./lib", "file://{root}/lib", "lib @ file:lib", "lib@file://{root}/lib"]
)
def test_every_way_to_name_a_folder(desk: Desk, line: str) -> None:
    desk.write("lib/lib.py")
    desk.write("requirements.txt", f"{line.format(root=desk.root)}\n")
    spec = spec_of(desk, "{conda_file: {dependencies: [{pip: [-r requirements.txt]}]}}")
    assert [each.path for each in spec.built_from] == [str(desk.root / "lib")]
    assert spec.packages == ()


def test_extras_of_a_named_folder(desk: Desk) -> None:
    desk.write("lib/lib.py")
    (package,) = spec_of(desk, "{conda_file: {dependencies: [{pip: ['lib[fast] @ file:lib#egg=lib']}]}}").local_packages
    assert package.path == str(desk.root / "lib[fast]")


def test_what_cannot_be_read_is_told_where_it_is_named(desk: Desk) -> None:
    desk.write("docker/Dockerfile", "FROM python\n")
    (desk.root / "docker/.dockerignore").mkdir()
    assert spec_of(desk, "{build: {path: docker}}").build_context
    (desk.root / "docker/image").mkdir()
    error = desk.error(pipeline("{build: {path: docker, dockerfile_path: image}}"))
    assert error.startswith("pipeline.yml:5:33: build context 'docker' cannot be read: Is a directory")


def test_a_build_context(desk: Desk) -> None:
    desk.write("docker/Dockerfile", "FROM python\n")
    desk.write("docker/requirements.txt", "numpy\n")
    spec = spec_of(desk, "{build: {path: docker}}")
    assert spec.build_folder == str(desk.root / "docker")
    assert spec.build_files == {"Dockerfile": "FROM python\n", "requirements.txt": "numpy\n"}
    desk.write("docker/requirements.txt", "numpy==2\n")
    assert spec_of(desk, "{build: {path: docker}}").build_context != spec.build_context


def test_a_file_of_its_own(desk: Desk) -> None:
    desk.write("env/env.yml", "name: taxi\nversion: 3\nimage: x\nconda_file: conda.yml\n")
    desk.write("env/conda.yml", "dependencies: [numpy]")
    assert spec_of(desk, "file:./env/env.yml").conda == ("numpy",)
    assert spec_of(desk, "./env/env.yml").conda == ("numpy",)
    assert any("file:./env/env.yml" in notice for notice in desk.notices(pipeline("./env/env.yml")))


def test_no_environment_is_the_default_one_and_said(desk: Desk) -> None:
    graph = desk.graph("type: pipeline\njobs: {a: {command: x}}")
    assert graph.steps["a"].environment.name == "default"
    assert "which Azure ML requires" in str(graph.notices[0])


class TestNames:
    def test_curated(self, desk: Desk) -> None:
        known = EnvironmentSpec("sklearn-1.5", python="3.10")
        desk.catalog = Registered(environments={SKLEARN: known})
        assert spec_of(desk, SKLEARN) is known

    def test_mlpw_yml_wins_over_the_curated_list(self, desk: Desk) -> None:
        desk.catalog = Registered(environments={SKLEARN: EnvironmentSpec("sklearn-1.5")})
        desk.write("mlpw.yml", "environments: {'azureml://registries/azureml/environments/sklearn-1.5/*': env.yml}")
        desk.write("env.yml", "dependencies: [scikit-learn]")
        assert spec_of(desk, SKLEARN).conda == ("scikit-learn",)

    def test_a_requirements_file_may_be_mapped(self, desk: Desk) -> None:
        desk.write("mlpw.yml", "environments: {'azureml:team@latest': requirements.txt}")
        desk.write("requirements.txt", "numpy\n")
        assert spec_of(desk, "azureml:team@latest").packages == ("numpy",)

    def test_registered(self, desk: Desk) -> None:
        definition: dict[str, object] = {"name": "team", "conda_file": {"dependencies": ["python=3.11"]}}
        entry = CatalogEntry("team", "4", definition, folder=str(desk.root))
        desk.catalog = Registered({("environment", "team"): [entry]})
        spec = spec_of(desk, "azureml:team:4")
        assert (spec.name, spec.conda) == ("team:4", ("python=3.11",))
        assert "it has 4" in desk.error(pipeline("azureml:team:5"))
        assert "did you mean 'team'?" in desk.error(pipeline("azureml:teem@latest"))

    def test_unknown_names_say_what_to_write(self, desk: Desk) -> None:
        error = desk.error(pipeline(SKLEARN))
        assert error.startswith("pipeline.yml:5:18: ")
        assert "environments: {" in error

    def test_unregistered_names_the_file_to_register(self, desk: Desk) -> None:
        desk.write("envs/team.yml", "name: team\nimage: x\n")
        assert "mlpw environment create -f envs/team.yml" in desk.error(pipeline("azureml:team:1"))

    def test_a_name_alone_is_no_environment(self, desk: Desk) -> None:
        assert "azureml:team@latest" in desk.error(pipeline("team"))


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ("{image: x, dependencies: [numpy]}", "put it under 'conda_file:'"),
        ("{image: x, conda-file: a.yml}", "did you mean 'conda_file'?"),
        ("{image: x, conda_file: nope.yml}", "conda_file 'nope.yml' does not exist"),
        ("{conda_file: {dependencies: numpy}}", "must be a list of packages"),
        ("{conda_file: {dependencies: [{pip: [-r nope.txt]}]}}", "requirements file 'nope.txt' does not exist"),
        ("{conda_file: {dependencies: [{pip: [-e ./nope]}]}}", "local package './nope' does not exist"),
        ("{build: {dockerfile_path: x}}", "needs the path of a folder"),
        ("{build: {path: empty}}", "Dockerfile 'Dockerfile' does not exist"),
        ("[a]", "must be a name or a mapping"),
    ],
)
def test_mistakes(desk: Desk, environment: str, message: str) -> None:
    (desk.root / "empty").mkdir()
    assert message in desk.error(pipeline(environment))


def test_an_environment_named_twice_is_read_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write("env.yml", "name: e\nimage: x\n")
    read: list[str] = []
    original = Path.stat

    def counting(self: Path, *, follow_symlinks: bool = True) -> object:
        read.append(self.name)
        return original(self, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", counting)
    desk.graph("""
        type: pipeline
        jobs:
          a: {command: x, environment: "file:env.yml"}
          b: {command: x, environment: "file:env.yml"}
    """)
    assert read.count("env.yml") == 1
