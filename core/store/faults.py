"""Faults that torture tests sow, to prove that they would notice them; nothing else sets these."""

import os

#: Publish by copying into the final name instead of renaming.
NO_RENAME = "no_rename"
#: Leave out every flush to disk.
NO_SYNC = "no_sync"
#: Write the row that names a digest before its bytes are in place (the engine's).
ROW_BEFORE_RENAME = "row_before_rename"
#: Locks always succeed.
NO_LOCK = "no_lock"
#: Run a step again in the folder of an earlier attempt (the engine's).
REUSE_ATTEMPT = "reuse_attempt"


def has_fault(name: str) -> bool:
    """Whether the environment variable MLPW_FAULT, a list with commas, asks for the fault `name`."""
    faults = os.environ.get("MLPW_FAULT")
    return faults is not None and name in faults.split(",")
