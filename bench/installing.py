"""Virtual environments for mlpw and its peers, made by uv, with compiled bytecode."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def environment() -> dict[str, str]:
    """The variables that every measured command gets: Python may write bytecode, nothing asks the network."""
    hidden = {"PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONSTARTUP"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**kept, "DVC_NO_ANALYTICS": "1", "NO_COLOR": "1"}


def install(name: str, requirements: Sequence[str], scratch: Path, *, fresh: bool = False) -> Path:
    """The environment `name` below `scratch`, made unless it is there; its bin folder."""
    folder = scratch / "envs" / name
    ready = folder / "ready"
    if fresh or not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _uv("venv", "-q", "--python", sys.executable, str(folder))
        _uv("pip", "install", "-q", "--python", str(folder / "bin" / "python"), *requirements)
        python = str(folder / "bin" / "python")
        subprocess.run([python, "-m", "compileall", "-q", "-j2", str(folder / "lib")], check=False, env=environment())
        ready.touch()
    return folder / "bin"


def install_checkout(scratch: Path) -> Path:
    """mlpw as a person gets it, not editable, from this checkout."""
    return install("mlpw", [str(CHECKOUT)], scratch, fresh=True)


def run_quietly(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> None:
    """Run something that is not measured."""
    subprocess.run(command, cwd=folder, env=variables, check=True, stdin=subprocess.DEVNULL, capture_output=True)


def _uv(*arguments: str) -> None:
    beside = Path(sys.executable).parent / "uv"
    program = str(beside) if beside.exists() else shutil.which("uv")
    if program is None:
        raise SystemExit("bench needs uv: pip install -e '.[dev]'")
    subprocess.run([program, *arguments], check=True, env=environment())
