"""Whether somebody wants the step to end, and a file that wakes whoever waits for it."""

import os
import signal


class Stop:
    """Whether SIGTERM came: a signal handler has nowhere else to write."""

    asked = False


stop = Stop()


def catch_signals() -> int:
    """Turn signals into bytes on a pipe; handlers and not SIG_IGN, because the step would inherit the latter."""
    wake, writer = os.pipe()
    os.set_blocking(writer, False)
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: setattr(stop, "asked", True))
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return wake
