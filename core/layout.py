"""Where things lie in a workspace's .mlpw folder."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class AttemptFolder:
    """The folder of one try of a step; never reused for another try.

    spec.json is written before the shim starts; lock is held while the shim lives; result.json appears whole or not
    at all when the step ended; log.txt holds the step's output as it came. Its paths are asked for again and again
    while a step is on its way, so each is made once.
    """

    root: Path

    @cached_property
    def spec(self) -> Path:
        """What the shim must run."""
        return self.root / "spec.json"

    @cached_property
    def lock(self) -> Path:
        """Held by flock as long as the shim lives."""
        return self.root / "lock"

    @cached_property
    def owner(self) -> Path:
        """Pid, start time and boot id of the shim."""
        return self.root / "shim.json"

    @cached_property
    def result(self) -> Path:
        """How the step ended."""
        return self.root / "result.json"

    @cached_property
    def log(self) -> Path:
        """The step's standard output and error, as one stream of bytes."""
        return self.root / "log.txt"

    @cached_property
    def log_times(self) -> Path:
        """Pairs (byte offset in the log, nanoseconds since the epoch), little-endian 64 bit each, one a chunk."""
        return self.root / "log.times"

    @cached_property
    def cancel(self) -> Path:
        """Whoever writes it wants the step to end; holds the seconds between asking and killing."""
        return self.root / "cancel"

    @cached_property
    def fault(self) -> Path:
        """A fault of the shim's own, for mlpw's makers; not there when all is well."""
        return self.root / "shim-fault.txt"

    @cached_property
    def container(self) -> Path:
        """What is remembered of the step's container; not there for a step that runs as a process."""
        return self.root / "container.json"

    @cached_property
    def code(self) -> Path:
        """The step's working folder: a copy of its code snapshot."""
        return self.root / "code"

    @cached_property
    def opened(self) -> Path:
        """Which files of its working folder the step opened, as JSON; not there when nobody looked."""
        return self.root / "opened.json"

    @cached_property
    def collected(self) -> Path:
        """What a step left on a host that shares no files with us, by name, as JSON; not there for other steps."""
        return self.root / "collected.json"

    @cached_property
    def told(self) -> Path:
        """Small files among what was left on such a host, which are wanted here though nothing else is, by port."""
        return self.root / "told"

    @cached_property
    def opened_so_far(self) -> Path:
        """The same while the step runs, a moment late; gone when it has ended."""
        return self.root / "opened_so_far.json"

    @cached_property
    def restart(self) -> Path:
        """Whoever writes it before `cancel` wants the step to begin anew, in the same run, once it has ended."""
        return self.root / "restart"

    @cached_property
    def outputs(self) -> Path:
        """One entry per output port while the step runs."""
        return self.root / "outputs"

    @cached_property
    def events(self) -> Path:
        """Metrics, parameters, tags and models the step reported, one JSON object a line."""
        return self.root / "events.jsonl"


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths below a workspace's root."""

    root: Path

    @property
    def private(self) -> Path:
        """The folder that belongs to mlpw alone."""
        return self.root / ".mlpw"

    @property
    def database(self) -> Path:
        """Opened by nothing but SQLite."""
        return self.private / "mlpw.db"

    @property
    def store(self) -> Path:
        """Content by digest."""
        return self.private / "store"

    @property
    def runs(self) -> Path:
        """Attempt folders."""
        return self.private / "runs"

    @property
    def environments(self) -> Path:
        """Built Python environments by digest."""
        return self.private / "envs"

    @property
    def locks(self) -> Path:
        """Lock files, never deleted."""
        return self.private / "locks"

    @property
    def cache(self) -> Path:
        """What can be deleted at any time and made again: stat signatures, remembered graphs."""
        return self.private / "cache"

    @property
    def half_fetched(self) -> Path:
        """Content that a cut kept from coming whole from a host, by digest: the next try goes on with it."""
        return self.cache / "fetched"

    @property
    def temporary(self) -> Path:
        """Half-made things; whatever is here without a live owner is garbage."""
        return self.private / "tmp"

    def run(self, number: int) -> Path:
        """The folder of a run."""
        return self.runs / f"{number:04d}"

    def attempt(self, run: int, step: str, attempt: int) -> AttemptFolder:
        """The folder of one try of a step."""
        return AttemptFolder(self.run(run) / step / str(attempt))
