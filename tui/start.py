"""The console script: what is asked most often is answered before the command line's library is imported."""

import os
import sys

#: What a command makes, a graph above all, is kept to its end: to look for garbage in it as often as Python does by
#: itself takes a third of the time of reading a large pipeline.
_COLLECTING = (100_000, 50, 50)


def main() -> None:
    """`mlpw`; exits as `tui.cli.main` does."""
    if not _is_answered(sys.argv[1:]):
        import gc

        from tui.cli import main as whole

        gc.set_threshold(*_COLLECTING)

        whole()


def live_long() -> None:
    """From now on look for garbage as often as Python does by itself: for what goes on for days, once it has begun.

    What is there now is not looked at again, until the next call.
    """
    import gc

    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 10, 10)


def _is_answered(arguments: list[str]) -> bool:
    """Whether this was `--version`, or a plain `run FILE` that had nothing to do; anything else is for the whole."""
    import core

    if getattr(core, "PRODUCT", "") != "mlpw" or "_MLPW_COMPLETE" in os.environ:
        return False
    if arguments == ["--version"]:
        sys.stdout.write(f"mlpw {core.__version__}\n")
        return True
    return len(arguments) == 2 and arguments[0] == "run" and arguments[1][:1] not in ("-", "") and _ran(arguments[1])


def _ran(name: str) -> bool:
    """Whether the pipeline had nothing to do; whatever else there is to say about it is said by the command."""
    from pathlib import Path

    from tui.again import ran_again
    from tui.place import Place

    try:
        return ran_again(Place(Path()), Path(name))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception:
        return False
