"""Build contexts with a Dockerfile, followed on a host."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.definitions.built_folders import content_digest, small_texts
from core.definitions.environment import EnvironmentSpec
from core.environments.images.logs import image_build_log
from core.environments.images.prepare import prepare_image
from core.errors import EnvironmentBuildError, Location
from core.hosts.engine import Engine
from core.layout import Layout
from tests.core.environments.images.test_packages import is_running, says
from tests.support.docker_hosts import BASE_IMAGE
from tests.support.python_image import PYTHON_IMAGE
from tests.support.waiting import eventually


def context(layout: Layout, dockerfile: str, files: Mapping[str, str] | None = None) -> EnvironmentSpec:
    """A build context below the workspace as a definition names it."""
    folder = layout.root / "image"
    folder.mkdir(exist_ok=True)
    for name, text in {"Dockerfile": dockerfile, **(files or {})}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return EnvironmentSpec(
        "built",
        build_context=content_digest(str(folder), "Dockerfile"),
        build_files=small_texts(str(folder), "Dockerfile"),
        build_folder=str(folder),
        dockerfile="Dockerfile",
    )


def test_a_dockerfile_becomes_an_image(engine: Engine, workspace: Layout) -> None:
    spec = context(
        workspace,
        f"""# syntax=docker/dockerfile:1
ARG base={BASE_IMAGE}
FROM ${{base}} AS first
ARG word="two words"
ENV KIND=small
COPY data /data
RUN echo "$KIND $word $(cat /data/a.txt)" \\
    # a comment between the lines

    > /said.txt
RUN ["touch", "/tmp/listed"]
RUN <<END
# what the shell takes for a comment
echo "again $KIND" >> /said.txt
END
RUN cat <<-'END' >> /said.txt && echo last >> /said.txt
	as $KIND
	END
FROM {BASE_IMAGE}
WORKDIR /work
COPY --from=first /said.txt .
COPY --from=0 /tmp/listed /tmp/
USER 1000
ENTRYPOINT ["/bin/cat"]
CMD ["/work/said.txt"]
""",
        {"data/a.txt": "here"},
    )
    made = prepare_image(engine, spec, workspace)
    config = (engine.image(made.id) or {})["Config"]
    assert config["Entrypoint"] == ["/bin/cat"]
    assert config["Cmd"] == ["/work/said.txt"]
    assert config["User"] == "1000"
    assert config["Labels"]["mlpw.environment"] == made.digest
    assert says(engine, made, "/work/said.txt", "/tmp/listed") == "small two words here\nagain small\nas $KIND\nlast"
    assert prepare_image(engine, spec, workspace) == made


def test_ignored_files_do_not_go_along(engine: Engine, workspace: Layout) -> None:
    files = {
        ".dockerignore": "# not for images\n*.log\nsecret/**\n!secret/shown.txt\nDockerfile\n",
        "a.txt": "a",
        "b.log": "b",
        "sub/c.log": "c",
        "secret/key": "k",
        "secret/shown.txt": "s",
    }
    spec = context(workspace, f"FROM {BASE_IMAGE}\nCOPY . /all\nWORKDIR /all\n", files)
    found = says(engine, prepare_image(engine, spec, workspace), "find", ".", "-type", "f").split()
    assert sorted(found) == ["./a.txt", "./secret/shown.txt", "./sub/c.log"]


def test_what_was_run_before_is_not_run_again(engine: Engine, workspace: Layout) -> None:
    text = f"FROM {PYTHON_IMAGE}\nRUN pip install alpha==1.0\nCOPY a.txt /a.txt\n"
    prepare_image(engine, context(workspace, text, {"a.txt": "1"}), workspace)
    spec = context(workspace, text, {"a.txt": "2"})
    second = prepare_image(engine, spec, workspace)
    log = image_build_log(spec, workspace, engine.name).read_text()
    assert "was run before" in log
    assert says(engine, second, "cat", "/a.txt") == "2"
    assert says(engine, second, "alpha") == "1.0"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("FROM {base}\n\nENV A=1\nRUN echo no; \\\n  exit 3\n", 4, "RUN ended with exit code 3: no"),
        ("FROM {base}\nRUN true\n# more\nCOPY missing.txt /\n", 4, "COPY failed: .*missing.txt"),
        ("FROM {base}\nLABEL a=b\nCOPPY a b\n", 3, "unknown instruction 'COPPY'"),
        ("FROM {base}\nRUN true\nENV\n", 3, "ENV requires at least one argument"),
        ("FROM {base}\nRUN true\nEXPOSE nothing\n", 3, "nothing"),
        ("FROM {base}\nRUN --mount=type=secret,id=x true\n", 2, "needs BuildKit"),
        ("FROM nothere.invalid/a:b\n", 1, "its registry cannot be reached"),
        ("FROM {base}\nRUN <<A\ntrue\n", 2, "'A' does not end"),
        ("RUN true\n", 1, "no FROM names"),
    ],
)
def test_a_failure_names_the_line(engine: Engine, workspace: Layout, text: str, line: int, message: str) -> None:
    spec = context(workspace, text.format(base=BASE_IMAGE))
    with pytest.raises(EnvironmentBuildError, match=message) as caught:
        prepare_image(engine, spec, workspace)
    assert caught.value.location == Location("image/Dockerfile", line)
    assert engine.images("mlpw.environment") == []


def test_a_cancelled_build_leaves_nothing_finished(engine: Engine, workspace: Layout) -> None:
    spec = context(workspace, f"FROM {BASE_IMAGE}\nRUN while true; do sleep 1; done\n")
    cancelled = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        build = pool.submit(prepare_image, engine, spec, workspace, cancelled=cancelled.is_set)
        eventually(lambda: is_running(engine), "the build's container")
        cancelled.set()
        with pytest.raises(EnvironmentBuildError, match="was cancelled"):
            build.result()
    assert engine.images("mlpw.environment") == []


def test_a_context_that_changed_meanwhile_is_not_built(engine: Engine, workspace: Layout) -> None:
    spec = context(workspace, f"FROM {BASE_IMAGE}\n")
    Path(spec.build_folder, "more.txt").write_text("x")
    with pytest.raises(EnvironmentBuildError, match="changed since the run was planned"):
        prepare_image(engine, spec, workspace)
