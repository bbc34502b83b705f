"""References as Azure ML writes them."""

import pytest

from core.definitions.references import DatastorePath, Reference, is_uri, parse_datastore_path, parse_reference

LONG = "azureml://subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("azureml:prep:1", Reference("prep", version="1")),
        ("azureml:prep@latest", Reference("prep", label="latest")),
        ("azureml:prep", Reference("prep", label="latest")),
        (
            "azureml:AzureML-sklearn-0.24-ubuntu18.04-py37-cpu:9",
            Reference("AzureML-sklearn-0.24-ubuntu18.04-py37-cpu", "9"),
        ),
        ("azureml:taxi:2023.01-a_b", Reference("taxi", version="2023.01-a_b")),
        (
            "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
            Reference("sklearn-1.5", label="latest", registry="azureml"),
        ),
        ("azureml://registries/r/components/c/versions/1", Reference("c", version="1", registry="r")),
        ("azureml://registries/r/components/c", Reference("c", label="latest", registry="r")),
        ("azureml://registries/r/models/m/versions/3", Reference("m", version="3", registry="r")),
        (f"{LONG}/data/d/versions/4", Reference("d", version="4")),
        ("/subscriptions/s/resourceGroups/g/workspaces/w/components/c/versions/1", Reference("c", version="1")),
        ("azureml:./data/", None),
        ("azureml:data/x", None),
        ("azureml://datastores/d/paths/data/x", None),
        ("./x.yml", None),
        ("azureml:", None),
        ("https://example.org/data/x/versions/1", None),
    ],
)
def test_named_versions(text: str, reference: Reference | None) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("azureml://datastores/blob/paths/a/b/", DatastorePath("blob", "a/b")),
        ("azureml://datastores/blob/paths/", DatastorePath("blob", "")),
        ("azureml://datastores/blob", DatastorePath("blob", "")),
        (f"{LONG}/datastores/blob/paths/data/versions/1", DatastorePath("blob", "data/versions/1")),
        ("azureml://registries/r/data/d/versions/1", None),
        ("https://x.org/datastores/blob/paths/a", None),
    ],
)
def test_datastore_paths(text: str, path: DatastorePath | None) -> None:
    assert parse_datastore_path(text) == path


def test_what_is_a_uri() -> None:
    assert all(map(is_uri, ("https://x", "wasbs://c@a/x", "abfss://c@a/x", "azureml://jobs/x")))
    assert not any(map(is_uri, ("./x", "file://x", "a/b", "azureml:x", "C:/x")))
