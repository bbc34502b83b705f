"""Tiny packages made on the spot, so that builds need no network."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

_BACKEND = """
import pathlib, time, zipfile

def _wheel(directory):
    name = "gated-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(directory) / name, "w") as wheel:
        source = pathlib.Path("gated.py")
        wheel.writestr("gated.py", source.read_text() if source.exists() else "")
        wheel.writestr("gated-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: gated\\nVersion: 1.0\\n")
        wheel.writestr("gated-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("gated-1.0.dist-info/RECORD", "")
    return name

def build_wheel(directory, config_settings=None, metadata_directory=None):
    pathlib.Path({started!r}).touch()
    while not pathlib.Path({gate!r}).exists():
        time.sleep(0.02)
    return _wheel(directory)
"""


def make_wheel(
    folder: Path, name: str, version: str, *, requires: Sequence[str] = (), tag: str = "py3-none-any"
) -> Path:
    """A wheel with one module that knows its version and one program named after it."""
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", f'version = "{version}"\n\n\ndef main():\n    print(version)\n')
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{name} = {name}:main\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def make_gated_source(folder: Path, started: Path, gate: Path) -> Path:
    """A source folder whose build touches `started` and then waits until `gate` exists."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "gated"\nversion = "1.0"\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (folder / "backend.py").write_text(_BACKEND.format(started=str(started), gate=str(gate)))
    return folder
