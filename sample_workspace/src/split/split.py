"""Split the flights into those a model learns from and those it is examined on.

Whole days are kept together. The flights of one day share its storms and jams, so a model that had learned from half
of a day would be examined on questions whose answers it has seen.
"""

import argparse
import random
from pathlib import Path

import pandas as pd


def main() -> None:
    """Draw the days of the examination, write `train.csv` and `test.csv`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--test-share", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    args = parser.parse_args()

    flights = pd.read_csv(args.prepared)
    days = sorted(flights["day_of_year"].unique().tolist())
    # The seed decides the draw: the same seed gives the same days on every machine.
    drawn = random.Random(args.seed).sample(days, round(len(days) * args.test_share))
    in_test = flights["day_of_year"].isin(drawn)
    for name, path, part in (("train", args.train, flights[~in_test]), ("test", args.test, flights[in_test])):
        part.to_csv(path, index=False, lineterminator="\n")
        print(f"{name}: {len(part):,} flights on {part['day_of_year'].nunique()} days")


if __name__ == "__main__":
    main()
