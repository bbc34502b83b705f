"""What counts of build contexts and local packages: what reaches the image, what a build may read, and nothing else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.definitions.built_folders import content_digest, entries_of
from core.environments.images.ignored import context_names
from core.store.hashing import hash_path

Change = Callable[[Path], object]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    write(
        tmp_path,
        {
            "Dockerfile": "FROM x",
            "dist/a.whl": "w",
            "build/out.js": "1",
            "logs/a.log": "1",
            "keep/b.log": "1",
            "__pycache__/a.pyc": "1",
            ".git/HEAD": "1",
            ".dockerignore": "**/*.log\n!keep/*.log\n",
            "run.sh": "echo",
        },
    )
    (tmp_path / "link").symlink_to("run.sh")
    return tmp_path


@pytest.fixture
def package(tmp_path: Path) -> Path:
    write(
        tmp_path,
        {
            "pyproject.toml": "",
            "src/lib/__init__.py": "",
            "src/lib/build/__init__.py": "",
            "src/lib/dist/data.zip": "",
            "build/lib/lib/__init__.py": "",
            "build/bdist.linux-x86_64/x": "",
            "dist/lib-1.0.tar.gz": "",
            "src/lib.egg-info/PKG-INFO": "",
        },
    )
    return tmp_path


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def written(name: str, text: str = "other") -> Change:
    return lambda root: write(root, {name: text})


def relinked(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


OF_A_CONTEXT: dict[str, Change] = {
    "a file": written("run.sh"),
    "what a build left there, which COPY takes": written("dist/a.whl"),
    "a folder called build": written("build/more.js"),
    "a file that is brought back": written("keep/b.log"),
    "the Dockerfile": written("Dockerfile"),
    "a new folder": lambda root: (root / "empty").mkdir(),
    "a program": lambda root: (root / "run.sh").chmod(0o755),
    "a link's text": lambda root: relinked(root / "link", "build/out.js"),
    "a file that goes": lambda root: (root / "run.sh").unlink(),
    "what is ignored": written(".dockerignore", "build\n"),
}

NOT_OF_A_CONTEXT: dict[str, Change] = {
    "an ignored file": written("logs/a.log"),
    "a new ignored file": written("logs/b.log"),
    "a cache of Python": written("__pycache__/b.pyc"),
    "git": written(".git/index"),
    "words of the ignore file": written(".dockerignore", "# words\n**/*.log\n!keep/*.log\n"),
    "its time": lambda root: os.utime(root / "run.sh", (1, 1)),
}


@pytest.mark.parametrize("change", OF_A_CONTEXT)
def test_what_reaches_an_image_counts(context: Path, change: str) -> None:
    before = content_digest(str(context), "Dockerfile")
    OF_A_CONTEXT[change](context)
    assert content_digest(str(context), "Dockerfile") != before


@pytest.mark.parametrize("change", NOT_OF_A_CONTEXT)
def test_what_does_not_reach_an_image_does_not_count(context: Path, change: str) -> None:
    before = content_digest(str(context), "Dockerfile")
    NOT_OF_A_CONTEXT[change](context)
    assert content_digest(str(context), "Dockerfile") == before


def test_what_counts_is_what_is_sent(context: Path) -> None:
    (context / "empty").mkdir()
    files = {"Dockerfile", "build/out.js", "dist/a.whl", "empty", "keep/b.log", "link", "run.sh"}
    assert set(entries_of(str(context), "Dockerfile")) == files | {"logs"}
    assert set(context_names(context, "Dockerfile")) == files | {"logs", "build", "dist", "keep"}


def test_a_dockerfile_that_is_ignored_counts(context: Path) -> None:
    write(context, {".dockerignore": "Dockerfile\n"})
    before = content_digest(str(context), "Dockerfile")
    write(context, {"Dockerfile": "FROM y"})
    assert content_digest(str(context), "Dockerfile") != before
    assert "Dockerfile" not in context_names(context, "Dockerfile")


def test_a_dockerfile_that_is_a_link_counts_by_what_it_leads_to(
    context: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "Dockerfile"
    elsewhere.write_text("FROM x")
    (context / "Dockerfile").unlink()
    (context / "Dockerfile").symlink_to(elsewhere)
    before = content_digest(str(context), "Dockerfile")
    elsewhere.write_text("FROM y")
    assert content_digest(str(context), "Dockerfile") != before


OF_A_PACKAGE: dict[str, Change] = {
    "a module": written("src/lib/more.py"),
    "a module of a package called build": written("src/lib/build/__init__.py"),
    "data in a folder called dist": written("src/lib/dist/data.zip"),
    "a helper in build": written("build/helper.py"),
    "a package called build, with what lies in its lib": written("build/__init__.py"),
    "what lies in dist and is no archive": written("dist/data.json"),
}

NOT_OF_A_PACKAGE: dict[str, Change] = {
    "what setuptools makes": written("build/lib/lib/more.py"),
    "for one Python": written("build/lib.linux-x86_64-cpython-311/lib/more.so"),
    "of C": written("build/temp.linux-x86_64-cpython-311/more.o"),
    "wheels": written("dist/lib-1.0-py3-none-any.whl"),
    "names and versions": written("src/lib.egg-info/SOURCES.txt"),
    "an environment": written(".venv/bin/python"),
    "what CMake makes": lambda root: write(root, {"build/cp311/CMakeCache.txt": "", "build/cp311/more.o": ""}),
}


@pytest.mark.parametrize("change", OF_A_PACKAGE)
def test_what_a_build_may_read_counts(package: Path, change: str) -> None:
    before = content_digest(str(package))
    OF_A_PACKAGE[change](package)
    assert content_digest(str(package)) != before


@pytest.mark.parametrize("change", NOT_OF_A_PACKAGE)
def test_what_a_build_leaves_behind_does_not_count(package: Path, change: str) -> None:
    before = content_digest(str(package))
    NOT_OF_A_PACKAGE[change](package)
    assert content_digest(str(package)) == before


def test_links_of_a_package_are_followed_but_not_for_ever(
    package: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shared = tmp_path_factory.mktemp("shared")
    write(shared, {"deep/x.py": "1"})
    (package / "src/lib/shared").symlink_to(shared)
    (package / "src/lib/again").symlink_to(package)
    (package / "src/lib/nowhere").symlink_to("nothing")
    (package / "src/lib/round").symlink_to("round")
    (shared / "file").write_text("1")
    (package / "src/lib/through").symlink_to(shared / "file/inside")
    before = content_digest(str(package))
    write(shared, {"deep/x.py": "2"})
    assert content_digest(str(package)) != before


def test_a_link_of_a_package_to_a_folder_that_holds_it_leads_nowhere(package: Path) -> None:
    (package / "src/lib/around").symlink_to(package.parent)
    before = content_digest(str(package))
    (package.parent / "beside").write_text("1")
    assert content_digest(str(package)) == before


def test_the_digest_is_the_store_s(tmp_path: Path) -> None:
    write(tmp_path, {"b.txt": "b", "a/c.txt": "c", "a.txt": "", "é": "1"})
    (tmp_path / "b.txt").chmod(0o755)
    assert content_digest(str(tmp_path)) == hash_path(tmp_path).digest
    assert content_digest(str(tmp_path / "b.txt")) == hash_path(tmp_path / "b.txt").digest


def test_a_folder_with_nothing_in_it_has_a_digest_too(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    assert content_digest(str(tmp_path / "empty")) == content_digest(str(tmp_path / "other"))
