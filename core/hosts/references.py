"""Names of images: https://docs.docker.com/reference/cli/docker/image/tag/."""


def repository_and_tag(reference: str) -> tuple[str, str | None]:
    """'registry:5000/name:tag' -> its parts; a digest stays with the name."""
    name, colon, tag = reference.rpartition(":")
    return (name, tag) if colon and "/" not in tag and "@" not in reference else (reference, None)


def familiar(reference: str) -> str:
    """A name as engines list it: 'docker.io/library/python' -> 'python:latest'."""
    short = reference.removeprefix("docker.io/").removeprefix("index.docker.io/").removeprefix("library/")
    return short if repository_and_tag(short)[1] or "@" in short else f"{short}:latest"
