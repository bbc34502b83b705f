"""Start the nursery of containers' shims: `python -I path/to/core/computes/containers`, requests on standard input."""

import sys

# Appended, so that the standard library and what is installed win over whatever lies beside `core`.
sys.path.append(__file__.rsplit("/core/computes/", 1)[0])

from core.computes.containers.keeper import run
from core.computes.shim.nursery import main

if __name__ == "__main__":
    main(run)
