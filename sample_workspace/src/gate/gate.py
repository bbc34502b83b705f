"""Let the best model through when it is good enough, else fail, and with this step the whole pipeline.

A step fails by leaving with an exit code other than 0. Nothing that needs its outputs is run then.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path


def main() -> int:
    """Compare the best model's error with the threshold; copy the model when it passes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluation", type=Path, required=True)
    parser.add_argument("--best-model", type=Path, required=True)
    parser.add_argument("--max-error-minutes", type=float, required=True)
    parser.add_argument("--approved-model", type=Path, required=True)
    args = parser.parse_args()

    kind = json.loads((args.best_model / "model.json").read_text())["kind"]
    error = json.loads((args.evaluation / "metrics.json").read_text())[f"{kind}/error_minutes"]
    allowed = f"{args.max_error_minutes:g} minutes are allowed (input max_error_minutes)"
    if error > args.max_error_minutes:
        print(f"NOT approved: the best model, {kind}, is off by {error:.2f} minutes on average; {allowed}.")
        print("Either train a better model, or accept this one with a higher threshold.")
        return 1
    print(f"approved: the best model, {kind}, is off by {error:.2f} minutes on average; {allowed}.")
    for file in sorted(args.best_model.iterdir()):
        shutil.copyfile(file, args.approved_model / file.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
