"""Check that Azure ML's own package reads every YAML file of the sample; for development, not part of the test suite.

It is an oracle, not a dependency: 138 MB that mlpw never imports. So it gets an environment of its own::

    uv run --no-project --with azure-ai-ml python tests/sample/check_azure_ai_ml.py
"""

import importlib
import sys
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parents[2] / "sample_workspace"
#: Folder -> the loader of `azure.ai.ml` for its files.
LOADERS = {
    "components": "load_component",
    "data": "load_data",
    "environments": "load_environment",
    "pipelines": "load_job",
}
#: What stands beside definitions without being one.
NOT_DEFINITIONS = {"mlpw.yml", "environments/conda.yml"}


def main() -> int:
    """Load and validate each file, print a line for each, return 1 when one was refused."""
    azure = importlib.import_module("azure.ai.ml")
    refused = 0
    for path in definitions():
        name = str(path.relative_to(SAMPLE))
        problem = problem_of(azure, path)
        refused += bool(problem)
        print(f"{name}: {problem or 'ok'}")
    return 1 if refused else 0


def definitions() -> list[Path]:
    """List the YAML files of the sample that Azure ML should read."""
    files = [path for path in SAMPLE.rglob("*.yml") if ".mlpw" not in path.parts]
    return sorted(path for path in files if str(path.relative_to(SAMPLE)) not in NOT_DEFINITIONS)


def problem_of(azure: Any, path: Path) -> str:
    """Load a file as the folder that it stands in says, and return what is wrong with it, or an empty string."""
    loader = LOADERS[path.parent.name]
    try:
        loaded = getattr(azure, loader)(path)
        # Components and pipelines can be examined without a connection; for assets loading is the whole check.
        outcome = loaded._validate() if hasattr(loaded, "_validate") else None
    except Exception as error:  # whatever the package raises is its answer about this file
        return f"{type(error).__name__}: {error}"
    return "" if outcome is None or outcome.passed else repr(outcome.error_messages)


if __name__ == "__main__":
    sys.exit(main())
