from core.definitions.environment import EnvironmentSpec
from core.environments.conda import read_conda_file
from core.environments.recipe import localize, recipe_of
from core.errors import Location

HERE = Location("pipeline.yml", 4)


def test_an_image_alone_runs_in_the_default_environment_and_says_so() -> None:
    spec = EnvironmentSpec("e", image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04", location=HERE)
    local, notices = localize(spec)
    assert recipe_of(local)[0].is_bare
    assert [str(notice) for notice in notices] == [
        "pipeline.yml:4: image 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04' is not used on local compute; "
        "its steps run in the workspace's default environment"
    ]


def test_a_curated_name_becomes_its_packages_and_stays_its_name() -> None:
    local, notices = localize(EnvironmentSpec("azureml:AzureML-sklearn-1.5@latest", environment_variables={"A": "1"}))
    assert local.name == "azureml:AzureML-sklearn-1.5@latest"
    assert "pandas~=1.5.3" in local.packages
    assert local.environment_variables == {"A": "1"}
    assert notices == ()


def test_packages_of_ones_own_win_over_an_image() -> None:
    spec = EnvironmentSpec("e", image="mcr.microsoft.com/azureml/curated/sklearn-1.5:3", packages=("six",))
    assert localize(spec) == (spec, ())


def test_a_build_context_gives_the_packages_of_its_dockerfile() -> None:
    files = {"Dockerfile": "FROM python:3.8.13\nRUN pip install six\n", "requirements.txt": "unused"}
    local, notices = localize(EnvironmentSpec("taxi", build_context="d1", build_files=files))
    assert (local.python, local.packages) == ("3.8.13", ("six",))
    assert "took the packages of Dockerfile" in notices[0].message


def test_a_build_context_on_a_curated_image_adds_to_its_packages() -> None:
    files = {"Dockerfile": "FROM mcr.microsoft.com/azureml/curated/sklearn-1.5:3\nRUN pip install six\n"}
    local, _ = localize(EnvironmentSpec("e", build_files=files))
    assert local.python == "3.10"
    assert {"pandas~=1.5.3", "six"} <= set(local.packages)


def test_a_build_context_gives_its_conda_file_when_the_dockerfile_installs_nothing() -> None:
    files = {"Dockerfile": "FROM ubuntu\n", "conda.yml": "text"}
    values = {"dependencies": ["python=3.9", {"pip": ["six"]}]}
    local, notices = localize(EnvironmentSpec("e", build_files=files), lambda text: values)
    assert (local.conda, local.packages) == (("python=3.9",), ("six",))
    assert "conda.yml" in notices[0].message


def test_a_build_context_gives_its_requirements_when_nothing_else_does() -> None:
    local, _ = localize(EnvironmentSpec("e", build_files={"Dockerfile": "FROM x\n", "requirements.txt": "six # y\n"}))
    assert local.packages == ("six",)


def test_a_build_context_without_packages_runs_in_the_default_environment() -> None:
    local, notices = localize(EnvironmentSpec("e", build_context="d1", build_files={"Dockerfile": "FROM julia\n"}))
    assert recipe_of(local)[0].is_bare
    assert "default environment" in notices[0].message


def test_a_recipe_parts_options_from_requirements() -> None:
    lines = (
        "--extra-index-url=https://e.example/",
        "--pre",
        "--no-cache-dir",
        "-e git+https://h.e/x",
        "six",
        "six",
    )
    recipe, _ = recipe_of(EnvironmentSpec("e", packages=lines))
    assert recipe.requirements == ("git+https://h.e/x", "six")
    assert recipe.options == ("--extra-index-url=https://e.example/",)
    assert recipe.allow_prereleases


def test_what_only_conda_has_is_left_out_and_named() -> None:
    found = read_conda_file({"dependencies": ["python=3.9", "gcc", "numpy=1.22", {"pip": ["six"]}]})
    recipe, notices = recipe_of(EnvironmentSpec("e", conda=found.conda, packages=found.pip))
    assert (recipe.python, recipe.requirements) == ("3.9", ("numpy==1.22.*", "six"))
    assert notices[0].message == "gcc is a system package that only conda has; left out of 'e'"
