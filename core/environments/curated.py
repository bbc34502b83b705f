"""Azure ML's curated environments and images, as package lists that a laptop can install."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from core.definitions.environment import EnvironmentSpec

_LISTS = Path(__file__).parent / "curated"
_CURATED_IMAGES = "mcr.microsoft.com/azureml/curated/"
_AZURE_IMAGES = "mcr.microsoft.com/azureml/"


def resolve_curated(reference: str) -> EnvironmentSpec | None:
    """The packages behind a curated name or image, or None when mlpw knows none of that name.

    Understood: azureml://registries/azureml/environments/N/labels/latest, .../versions/3, azureml:AzureML-N@latest,
    azureml:N:3, N, AzureML-N, mcr.microsoft.com/azureml/curated/N:tag and mcr.microsoft.com/azureml/N:tag. Names that
    carry a version and a Python ("sklearn-0.24-ubuntu18.04-py37-cpu") get those.
    """
    from fnmatch import fnmatchcase  # brings `re`; start-up does not need either

    name = curated_name(reference)
    for entry in _entries():
        if any(fnmatchcase(name, pattern) for pattern in entry["names"]):
            return _spec(reference, name, entry)
    return None


def curated_names() -> list[str]:
    """The names, or beginnings of names, that `resolve_curated` knows."""
    patterns = {pattern for entry in _entries() for pattern in entry["names"]}
    return sorted({pattern.partition("[")[0].rstrip("*.-") for pattern in patterns})


def curated_name(reference: str) -> str:
    """'azureml://registries/azureml/environments/sklearn-1.5/labels/latest' -> 'sklearn-1.5', in lower case."""
    text = reference.strip()
    if "/environments/" in text:
        text = text.partition("/environments/")[2].partition("/")[0]
    elif text.startswith(_AZURE_IMAGES):
        text = text.removeprefix(_CURATED_IMAGES).removeprefix(_AZURE_IMAGES)
    text = text.removeprefix("azureml:").partition("@")[0].partition(":")[0]
    return text.lower().removeprefix("azureml-")


def curated_references() -> list[str]:
    """The ways to write the names that `resolve_curated` knows, to find what a misspelt reference may have meant."""
    forms = ("azureml://registries/azureml/environments/{}/labels/latest", "azureml:AzureML-{}@latest")
    return [form.format(name) for name in curated_names() for form in forms]


def curated_packages() -> set[str]:
    """Every requirement line of every list, to find what a misspelt package may have meant."""
    return {line for entry in _entries() for line in entry["packages"] if "{" not in line}


def image_python(image: str) -> str:
    """The Python that an image is known to bring: 'python:3.9-slim' -> '3.9', '' when nothing is known."""
    repository, _, tag = image.rpartition("/")[2].partition(":")
    if repository == "python":
        version = tag.partition("-")[0]
        return version if version[:1].isdigit() else ""
    return _python_in(image.rpartition("/")[2])


def _spec(reference: str, name: str, entry: Mapping[str, object]) -> EnvironmentSpec:
    packages = entry["packages"]
    variables = entry.get("environment_variables")
    return EnvironmentSpec(
        name=reference,
        python=_python_in(name) or str(entry["python"]),
        packages=tuple(_filled(line, name) for line in packages) if isinstance(packages, list) else (),
        environment_variables=dict(variables) if isinstance(variables, dict) else {},
    )


def _filled(line: str, name: str) -> str:
    """'torch=={version|2.8}.*' with the version that stands in the name, or the default after the bar."""
    if "{" not in line:
        return line
    before, _, rest = line.partition("{")
    field, _, after = rest.partition("}")
    key, _, default = field.partition("|")
    return before + (name if key == "name" else _version_in(name) or default) + after


def _version_in(name: str) -> str:
    """'acpt-pytorch-2.8-cuda12.6' -> '2.8': the first part that starts with a digit."""
    return next((part for part in name.split("-") if part[0:1].isdigit() and "." in part), "")


def _python_in(name: str) -> str:
    """'...-py38-cpu' and '...-py3.8' -> '3.8'."""
    for part in name.partition(":")[0].split("-"):
        digits = part.removeprefix("py").replace(".", "")
        if part.startswith("py") and digits.isdigit() and digits[0] == "3" and len(digits) > 1:
            return f"3.{digits[1:]}"
    return ""


@cache
def _entries() -> list[dict[str, list[str]]]:
    import tomllib  # only a curated name needs the lists; start-up does not

    return [
        entry
        for file in sorted(_LISTS.glob("*.toml"))
        for entry in tomllib.loads(file.read_text("utf-8"))["environment"]
    ]
