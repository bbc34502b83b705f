"""An image that steps can run in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import Notice

#: Label of every image that mlpw built; its value names the content it was built from.
ENVIRONMENT_LABEL = "mlpw.environment"
#: Label of such images; its value is the workspace that built it.
BUILDER_LABEL = "mlpw.builder"
#: Label of what such images are made from, step by step; its value is the workspace that built them.
LAYER_LABEL = "mlpw.layer"


@dataclass(frozen=True, slots=True)
class ImageEnvironment:
    """An environment on a host: the image's `id` ("sha256:...") to make containers from, and what it is called there.

    `digest` names the content that mlpw built it from, "" for an image as it is. `notices` say what is not as it was
    asked for; `variables` are those that the environment sets besides the image's own. `is_rootless`: the engine there
    runs as a user, who is root in its containers.
    """

    id: str
    reference: str
    digest: str = ""
    notices: tuple[Notice, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    is_rootless: bool = False
