"""Which of the ciphers that a user allows SSH comes first for data: most processors encrypt AES by themselves."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

_SECONDS = 10.0


def quick_first(ssh: Sequence[str], host: str) -> list[str]:
    """Options that have AES-GCM tried first where the processor knows it; nothing is allowed that was not before.

    `ssh` is the command with all its options. No options when nothing would change, or when nothing can be found out.
    """
    try:
        asked = subprocess.run([*ssh, "-G", host], capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    told = next((line for line in asked.stdout.splitlines() if line.startswith("ciphers ")), "")
    allowed = told.removeprefix("ciphers ").split(",")
    ordered = sorted(allowed, key=lambda cipher: "gcm" not in cipher)  # the rest stays in its order
    return ["-o", f"Ciphers={','.join(ordered)}"] if ordered != allowed and _knows_aes() else []


def _knows_aes() -> bool:
    try:
        return " aes" in Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return False
