"""Copy tables without the rows that lack a value."""

import argparse
import csv
from pathlib import Path


def main() -> None:
    """Read every CSV file of a folder, write its whole rows under the same name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--whole", type=Path, required=True)
    args = parser.parse_args()

    args.whole.mkdir(parents=True, exist_ok=True)
    for table in sorted(args.tables.glob("*.csv")):
        with table.open(newline="") as file:
            heading, *rows = csv.reader(file)
        whole = [row for row in rows if len(row) == len(heading) and all(row)]
        with (args.whole / table.name).open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([heading, *whole])
        print(f"{table.name}: {len(whole)} rows, {len(rows) - len(whole)} left out")


if __name__ == "__main__":
    main()
