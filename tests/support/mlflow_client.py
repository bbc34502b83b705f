"""A Python with a real MLflow client, and the same as an image for hosts."""

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.support.python_image import VERSION, write_python_image

CLIENT = "mlflow-skinny==3.7.0"
MODEL_LIBRARIES = ("numpy", "pandas")
#: What the image is called on a host.
MLFLOW_IMAGE = "mlflow-client:1"


def client_python(more: tuple[str, ...] = ()) -> Path:
    """The program, with the libraries `more`; built once a machine."""
    name = "-".join(("client", CLIENT.replace("==", "-"), *more))
    folder = Path(tempfile.gettempdir()) / f"mlpw-tests-{os.getuid()}" / name
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    python = folder / "bin" / "python"
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert uv, "uv is one of mlpw's dependencies"
    with folder.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, folder], check=True)
            wanted = (CLIENT, *more)
            subprocess.run([uv, "pip", "install", "-q", "--compile-bytecode", "--python", python, *wanted], check=True)
            (folder / "complete").touch()
    return python


def write_mlflow_image(file: Path) -> Path:
    """Write the image's files as a tar, for `import_python`."""
    packages = client_python().parents[1] / "lib" / f"python{VERSION}" / "site-packages"
    with tarfile.open(write_python_image(file), "a") as archive:
        archive.add(packages, f"usr/local/lib/python{VERSION}/site-packages")
    return file
