"""The workspace that is edited at random, on two branches."""

import json

from tests.support.bench import SCHEMA, Bench
from tests.support.steps import ENVIRONMENT, folder, step

OUT = "${{outputs.out}}/f"

#: A project that builds without any other.
PROJECT = """[project]
name = "lib"
version = "1.0"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import pathlib, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "lib-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(directory) / name, "w") as wheel:
        for file in pathlib.Path("lib").rglob("*.py"):
            wheel.write(file)
        wheel.writestr("lib-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: lib\\nVersion: 1.0\\n")
        wheel.writestr("lib-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("lib-1.0.dist-info/RECORD", "")
    return name
"""


#: What names mean that nobody registered, and a pipeline of its own.
TEAM = "name: team\nimage: ubuntu:{}\n"
HOST = "name: box\ntype: docker\nhost: context:nowhere\n"
NESTED = """name: nested
type: pipeline
jobs:
  part:
    component: azureml:part@latest
  c:
    component: ../parts/c.yml
"""


def conda(pip: list[str]) -> str:
    """A conda file with these lines of pip's."""
    return json.dumps({"dependencies": [{"pip": pip}]})


def _files(branch: str, *, other: bool) -> dict[str, str]:
    return {
        "src/a.sh": f"echo {branch}",
        "src/b.sh": "cat $1/f",
        "src/pkg/x.py": branch,
        "src/pkg/deep/y": "1",
        "src/.gitignore": "*.tmp\nignored/\n" + ("y\n" if other else ""),
        "parts/c/c.sh": "echo c",
        "shared/common.sh": "echo shared",
        "links/own.sh": "echo own",
        "raw/1.csv": "1",
        "raw/2.csv": branch,
        "raw/d/3.csv": "3",
        "one.csv": "1,2",
        "mlpw.yml": json.dumps({"code_tracking": {"b": "folder" if other else "opened"}}),
        "image/Dockerfile": "FROM ubuntu:22.04\n" + ("COPY . /all\n" if other else ""),
        "image/tools/t.sh": "1",
        "image/notes/n": "1",
        "image/.dockerignore": "notes\n",
        "lib/pyproject.toml": PROJECT,
        "lib/backend.py": BACKEND,
        "lib/lib/__init__.py": branch,
        "lib/build/lib/x.py": "1",
        "env/l.yml": conda(["-r requirements.txt"]),
        "env/requirements.txt": "-e ../lib\n",
        "env/one.whl": "no wheel",
        "env/e.yml": json.dumps({"image": ENVIRONMENT["image"], "name": "e", "version": "1"}),
        "far/away/team.yml": TEAM.format("22.04" if other else "20.04"),
        "far/part.yml": "name: part\ntype: command\nenvironment: azureml:team@latest\ncommand: echo part\n",
        "far/nested.yml": NESTED,
        ".gitignore": ".mlpw\n",
    }


def write_workspace(bench: Bench, branch: str) -> None:
    """Steps with code that they share, a component, includes, links, data of both kinds, an environment's file, and
    definitions that are found by name.
    """
    other = branch != "main"
    bench.write(_files(branch, other=other))
    for name, target in {"s.sh": "elsewhere/s.sh", "more": "elsewhere/more", "dead": "elsewhere/nothing"}.items():
        link = bench.root / "links" / name
        link.unlink(missing_ok=True)
        link.symlink_to(bench.outside / target)
    component = step(f"sh c.sh > {OUT} && cat shared/*.sh >> {OUT}", code="./c", makes=["out"])
    component |= {"name": "c", "version": "1", "additional_includes": ["../shared"]}
    (bench.root / "parts/c.yml").write_text(json.dumps(component, indent=1))
    jobs: dict[str, object] = {**_steps(other=other), "c": {"type": "command", "component": "./parts/c.yml"}}
    jobs["h"] = step(f"cat ${{{{inputs.x}}}}/f > {OUT}", takes={"x": "c.out"}, makes={"out": folder()})
    document = {"$schema": SCHEMA, "type": "pipeline", "jobs": jobs}
    bench.file.write_text(json.dumps(document, indent=1))


def _steps(*, other: bool) -> dict[str, dict[str, object]]:
    steps = {
        "a": step(f"sh a.sh > {OUT}", code="src/", makes=["out"]),
        "b": step(f"sh b.sh ${{{{inputs.x}}}} > {OUT}", code="src/", takes={"x": "a.out"}, makes=["out"]),
        "d": step(f"cat ${{{{inputs.d}}}}/*.csv > {OUT}", data={"d": "raw/"}, makes=["out"]),
        "e": step(f"cat ${{{{inputs.d}}}} > {OUT}", data={"d": "one.csv"}, makes=["out"], environment="file:env/e.yml"),
        "i": step(f"echo i > {OUT}", makes=["out"], environment={"build": {"path": "./image"}}),
        "l": step(f"echo l > {OUT}", makes=["out"], environment={"conda_file": "env/l.yml"}),
        "n": {"type": "pipeline", "component": "./far/nested.yml"},
        "o": step("true", environment="azureml:team@latest", compute="azureml:box"),
        "f": step(f"cat own.sh s.sh > {OUT}", code="links/", makes=["out"], environment_variables={"X": "1"}),
    }
    if other:
        steps["g"] = step(f"cat ${{{{inputs.x}}}}/f > {OUT}", takes={"x": "b.out"}, makes=["out"])
        del steps["d"]
    return steps
