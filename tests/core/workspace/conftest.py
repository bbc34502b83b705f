"""What the tests of this room share."""

from collections.abc import Iterator

import pytest

from core.workspace import Workspace
from core.workspace.replanning import Replanner
from tests.support.bench import Bench


@pytest.fixture
def workspace(ran: Bench) -> Iterator[Workspace]:
    """The workspace of a pipeline that ran, which the test's own fixture `ran` gives."""
    with ran.workspace() as opened:
        yield opened


@pytest.fixture
def replanner(ran: Bench, workspace: Workspace) -> Replanner:
    """What follows that pipeline's files, with a first plan."""
    made = Replanner(workspace, ran.file)
    assert made.plan().plan is not None
    return made
