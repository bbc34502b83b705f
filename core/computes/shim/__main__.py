"""Start the nursery: `python -I -S path/to/core/computes/shim`, with its requests arriving on standard input."""

import sys

# Appended, so that the standard library wins over whatever lies beside `core`.
sys.path.append(__file__.rsplit("/core/computes/", 1)[0])

from core.computes.shim.nursery import main

if __name__ == "__main__":
    main()
