"""The variables of a step's process."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from core.environments.kept import PythonEnvironment

#: What a step must not inherit: it would see mlpw's own modules, or compile every import at each start.
_NOT_INHERITED = ("PYTHONHOME", "PYTHONPATH", "PYTHONEXECUTABLE", "PYTHONDONTWRITEBYTECODE", "__PYVENV_LAUNCHER__",
                  "CONDA_PREFIX", "CONDA_DEFAULT_ENV")  # fmt: skip


def step_environment(environment: PythonEnvironment, base: Mapping[str, str]) -> dict[str, str]:
    """The variables of a process that runs in an environment, made from those of mlpw's own process.

    The environment's programs come first in PATH, mlpw's own are not in it.
    """
    variables = {name: value for name, value in base.items() if name not in _NOT_INHERITED}
    own = {str(Path(sys.prefix) / "bin"), str(Path(base["VIRTUAL_ENV"]) / "bin") if base.get("VIRTUAL_ENV") else ""}
    if sys.prefix == sys.base_prefix:
        own.discard(str(Path(sys.prefix) / "bin"))
    folders = [each for each in base.get("PATH", os.defpath).split(os.pathsep) if each and each not in own]
    variables["PATH"] = os.pathsep.join([str(environment.bin), *folders])
    variables["VIRTUAL_ENV"] = str(environment.path)
    return {**variables, **environment.variables}
