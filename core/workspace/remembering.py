"""The records as they stand, read for those who decide what of everything is still needed."""

from core.records.records import Records
from core.workspace.needs import Remembered


def remember(records: Records) -> Remembered:
    """The records as they stand."""
    return Remembered(
        records.runs.find(),
        [step for step, _ in records.runs.used()],
        records.traces.all(),
        records.traces.all_parts(),
        records.assets.all(),
    )
