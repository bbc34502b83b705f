"""Split a table into the rows a model learns from and those it is examined on."""

import argparse
import csv
import random
from pathlib import Path


def main() -> None:
    """Draw the rows of the examination, write both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--test-share", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    args = parser.parse_args()

    with args.table.open(newline="") as file:
        heading, *rows = csv.reader(file)
    # The seed decides the draw: the same seed gives the same rows on every machine.
    drawn = set(random.Random(args.seed).sample(range(len(rows)), round(len(rows) * args.test_share)))
    for name, path, in_test in (("train", args.train, False), ("test", args.test, True)):
        part = [row for number, row in enumerate(rows) if (number in drawn) == in_test]
        with path.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([heading, *part])
        print(f"{name}: {len(part)} rows")


if __name__ == "__main__":
    main()
