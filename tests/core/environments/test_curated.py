import pytest

from core.environments.curated import curated_name, curated_references, image_python, resolve_curated

SKLEARN = "azureml://registries/azureml/environments/sklearn-1.5"


@pytest.mark.parametrize(
    "reference",
    [
        f"{SKLEARN}/labels/latest",
        f"{SKLEARN}/versions/37",
        "sklearn-1.5",
        "AzureML-sklearn-1.5",
        "azureml:AzureML-sklearn-1.5@latest",
        "azureml:sklearn-1.5:12",
        "mcr.microsoft.com/azureml/curated/sklearn-1.5:12",
    ],
)
def test_every_way_to_write_a_curated_name_means_the_same(reference: str) -> None:
    assert curated_name(reference) == "sklearn-1.5"
    spec = resolve_curated(reference)
    assert spec is not None
    assert spec.python == "3.10"
    assert {"pandas~=1.5.3", "numpy>=1.22,<2", "scikit-learn~=1.5.0"} <= set(spec.packages)
    assert {"mlflow", "matplotlib"} <= {line.partition(">")[0] for line in spec.packages}


@pytest.mark.parametrize(
    ("reference", "python", "package"),
    [
        ("azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest", "3.8", "scikit-learn~=1.0.0"),
        ("AzureML-sklearn-0.24-ubuntu18.04-py37-cpu", "3.7", "scikit-learn~=0.24.1"),
        ("azureml:AzureML-lightgbm-3.3@latest", "3.10", "lightgbm>=4.6"),
        ("azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest", "3.10", "torch==2.8.*"),
        ("mcr.microsoft.com/azureml/curated/acpt-pytorch-1.11-py38-cuda11.3-gpu:latest", "3.8", "torch==1.11.*"),
        ("acpt-pytorch-2.2-cuda12.1", "3.10", "numpy<2"),
        ("AzureML-pytorch-1.10-ubuntu18.04-py38-cuda11-gpu", "3.8", "torch==1.10.*"),
        ("azureml:AzureML-tensorflow-2.16-cuda12@latest", "3.10", "tensorflow~=2.16.0"),
        ("mcr.microsoft.com/azureml/curated/tensorflow-2.12-cuda11:latest", "3.10", "tensorflow==2.12.*"),
        ("azureml://registries/azureml/environments/responsibleai-tabular/versions/28", "3.9", "responsibleai"),
        ("azureml://registries/azureml/environments/acft-hf-nlp-gpu/labels/latest", "3.10", "transformers"),
        ("mcr.microsoft.com/azureml/minimal-py312-inference:latest", "3.12", "azureml-core"),
    ],
)
def test_names_carry_their_versions(reference: str, python: str, package: str) -> None:
    spec = resolve_curated(reference)
    assert spec is not None
    assert spec.name == reference
    assert spec.python == python
    assert package in spec.packages


@pytest.mark.parametrize(
    "reference",
    [
        "azureml:my-own-env@latest",
        "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04",
        "python:3.9",
        "azureml:xgboost-sklearn-py38@latest",
        "azureml:pytorch-of-mine:1",
        "",
    ],
)
def test_other_names_are_not_curated(reference: str) -> None:
    assert resolve_curated(reference) is None


def test_known_names_are_there_to_find_what_a_misspelt_one_may_have_meant() -> None:
    assert "azureml:AzureML-sklearn-1.5@latest" in curated_references()


@pytest.mark.parametrize(
    ("image", "python"),
    [
        ("python:3.9-slim", "3.9"),
        ("docker.io/library/python:3.11.6", "3.11.6"),
        ("python:latest", ""),
        ("mcr.microsoft.com/azureml/mlflow-ubuntu18.04-py37-cpu-inference:20220110.v1", "3.7"),
        ("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04", ""),
        ("ubuntu:22.04", ""),
    ],
)
def test_some_images_name_their_python(image: str, python: str) -> None:
    assert image_python(image) == python
