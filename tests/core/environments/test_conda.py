import pytest

from core.environments.conda import (
    CondaFile,
    inline_requirements,
    pip_version,
    python_version,
    read_conda_file,
    split_match_spec,
    translate,
)
from core.errors import EnvironmentBuildError


@pytest.mark.parametrize(
    ("line", "requirement"),
    [
        ("numpy", "numpy"),
        ("numpy=1.22", "numpy==1.22.*"),
        ("numpy=1.22=py39_0", "numpy==1.22.*"),
        ("numpy==1.22.4=py39_0", "numpy==1.22.4"),
        ("numpy 1.22.4", "numpy==1.22.4.*"),
        ("numpy 1.22.4 py39_0", "numpy==1.22.4.*"),
        ("numpy=1.22.*", "numpy==1.22.*"),
        ("numpy 1.22.*", "numpy==1.22.*"),
        ("numpy>=1.20,<1.24", "numpy>=1.20,<1.24"),
        ("numpy >=1.20, <1.24", "numpy>=1.20,<1.24"),
        ("numpy~=1.22.0", "numpy~=1.22.0"),
        ("numpy!=1.23", "numpy!=1.23"),
        ("numpy=*", "numpy"),
        ("conda-forge::scikit-learn=1.1", "scikit-learn==1.1.*"),
        ("defaults/linux-64::scikit-learn", "scikit-learn"),
        ("numpy[build=py39_0]", "numpy"),
        ("numpy=1.21|1.22", "numpy==1.22.*"),
        ("NumPy  # fast arrays", "numpy"),
        ("pytorch=1.12", "torch==1.12.*"),
        ("pytorch::pytorch", "torch"),
        ("py-xgboost>=1.5", "xgboost>=1.5"),
        ("opencv", "opencv-python-headless"),
        ("msgpack-python", "msgpack"),
        ("tensorflow-gpu=2.4", "tensorflow==2.4.*"),
        ("pytables", "tables"),
        ("librosa", "librosa"),
        ("matplotlib-base", "matplotlib"),
    ],
)
def test_a_conda_line_becomes_a_pypi_requirement(line: str, requirement: str) -> None:
    assert translate([line]).requirements == (requirement,)


@pytest.mark.parametrize(
    ("line", "python"),
    [
        ("python=3.8", "3.8"),
        ("python==3.8.12", "3.8.12"),
        ("python 3.9.*", "3.9"),
        ("python=3.9.*", "3.9"),
        ("python>=3.7,<3.11", ">=3.7,<3.11"),
        ("python>=3.8", ">=3.8"),
        ("python", ""),
    ],
)
def test_the_python_version_is_taken_apart_from_the_packages(line: str, python: str) -> None:
    translated = translate([line, "six"])
    assert (translated.python, translated.requirements) == (python, ("six",))


def test_installers_mean_nothing_to_uv() -> None:
    assert translate(["pip=21.2.4", "setuptools", "wheel", "pip<=22.0.4"]).requirements == ()


def test_system_packages_are_dropped_by_name() -> None:
    translated = translate(
        ["gcc", "cudatoolkit=11.3", "cpuonly", "libstdcxx-ng", "openjdk=8", "_libgcc_mutex=0.1", "six"]
    )
    assert translated.requirements == ("six",)
    assert translated.dropped == ("gcc", "cudatoolkit", "cpuonly", "libstdcxx-ng", "openjdk", "_libgcc_mutex")


@pytest.mark.parametrize("line", ["r-base=4.1", "r-essentials", "conda-forge::r-ggplot2"])
def test_packages_of_r_cannot_be_had(line: str) -> None:
    with pytest.raises(EnvironmentBuildError, match="package of R"):
        translate([line])


def test_a_conda_file_is_kept_as_written() -> None:
    values = {
        "name": "x",
        "channels": ["conda-forge"],
        "dependencies": [
            "python=3.8",
            "pip",
            {"pip": ["azureml-mlflow>=1.41.0", "--extra-index-url=https://e.example/"]},
        ],
    }
    expected = CondaFile(("python=3.8", "pip"), ("azureml-mlflow>=1.41.0", "--extra-index-url=https://e.example/"))
    assert read_conda_file(values) == expected


@pytest.mark.parametrize(
    "values", [{}, {"dependencies": None}, {"dependencies": "six"}, {"dependencies": [{"pip": None}]}]
)
def test_a_conda_file_without_packages_is_empty(values: dict[str, object]) -> None:
    assert read_conda_file(values) == CondaFile()


def test_included_requirement_files_are_read_in_place() -> None:
    files = {
        "reqs/all.txt": "# first\nsix==1.16 # why\n-r more.txt\n\nnumpy \\\n  >=1.20\n",
        "reqs/more.txt": "-r all.txt\niniconfig\n",
    }
    lines = inline_requirements(["-r reqs/all.txt", "git+https://h.example/x.git#egg=x"], files.get)
    assert lines == ("six==1.16", "iniconfig", "numpy >=1.20", "git+https://h.example/x.git#egg=x")


def test_a_requirements_file_that_is_not_there_is_named() -> None:
    with pytest.raises(EnvironmentBuildError, match=r"'nowhere\.txt' is not there"):
        inline_requirements(["--requirement nowhere.txt"], lambda path: None)


def test_parts_of_a_match_spec() -> None:
    assert split_match_spec("conda-forge::NumPy[build=x] =1.22=py39_0") == ("numpy", "=1.22")
    assert pip_version("") == ""
    assert python_version("=3.8|=3.9") == "3.9"
