"""Inputs and outputs: as components declare them, and as steps and pipelines fill them."""

from dataclasses import dataclass
from enum import StrEnum

from core.definitions.yaml_nodes import Scalar
from core.errors import Location

DATA_TYPES = frozenset({"uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model", "triton_model", "path"})
PARAMETER_TYPES = frozenset({"string", "number", "integer", "boolean"})
FILE_TYPES = frozenset({"uri_file"})
FOLDER_TYPES = frozenset({"uri_folder", "mltable", "mlflow_model"})
INPUT_MODES = frozenset(
    {"ro_mount", "rw_mount", "mount", "download", "direct", "eval_mount", "eval_download", "upload"}
)
OUTPUT_MODES = frozenset({"rw_mount", "mount", "upload", "direct", "ro_mount", "download", "link"})
#: Names of an output that means the whole artifact folder of a step, which no component declares.
ARTIFACTS = frozenset({"artifacts", "default"})


class Form(StrEnum):
    """What was found on the disk at a path when the definitions were read."""

    FILE = "file"
    FOLDER = "folder"
    UNSEEN = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where data lies: `path` absolute on this machine or "", `uri` as written.

    `late` paths were not looked at (a datastore's content may appear while the pipeline runs). `digest` names content
    in the store, `type` is a data asset's own, `file_name` what a file in the store was called.
    """

    uri: str
    path: str = ""
    form: Form = Form.UNSEEN
    late: bool = False
    digest: str = ""
    type: str = ""
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class InputDeclaration:
    """An input of a component; `type` is "" when only its value will say."""

    name: str
    type: str = ""
    optional: bool = False
    default: Scalar | None = None
    minimum: Scalar | None = None
    maximum: Scalar | None = None
    enum: tuple[str, ...] = ()
    mode: str = ""
    description: str = ""
    place: Place | None = None
    location: Location | None = None

    @property
    def is_data(self) -> bool:
        """Whether a path is passed rather than a value."""
        return self.type in DATA_TYPES


@dataclass(frozen=True, slots=True)
class OutputDeclaration:
    """An output of a component; `type` is "" when it was not said."""

    name: str
    type: str = ""
    mode: str = ""
    description: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written; its text may hold expressions, and may be nothing but one."""

    scalar: Scalar

    @property
    def location(self) -> Location:
        """Where it is written."""
        return self.scalar.location


@dataclass(frozen=True, slots=True)
class Bound:
    """The long form of a binding: `path: ${{...}}` beside `type:` and `mode:`."""

    scalar: Scalar
    type: str = ""
    mode: str = ""

    @property
    def location(self) -> Location:
        """Where the expression is written."""
        return self.scalar.location


@dataclass(frozen=True, slots=True)
class Data:
    """Data named where it is used. `place` is None for a declaration without a path."""

    place: Place | None
    type: str = ""
    mode: str = ""
    location: Location | None = None


InputValue = Literal | Bound | Data


@dataclass(frozen=True, slots=True)
class OutputValue:
    """What a step or pipeline says about an output.

    `binding` is the expression it is promoted by, `path` an absolute place to copy it to (it may still hold
    `${{name}}` and other expressions of a run), `asset_*` register it.
    """

    binding: Scalar | None = None
    type: str = ""
    mode: str = ""
    path: str = ""
    asset_name: str = ""
    asset_version: str = ""
    location: Location | None = None
