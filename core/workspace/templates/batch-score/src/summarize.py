"""Sum up many tables of predictions in one."""

import argparse
import csv
from pathlib import Path


def main() -> None:
    """Write a row per file: how many, and the least, mean and largest of the last column."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--summary", type=Path, required=True)
    args = parser.parse_args()

    lines = [("file", "rows", "least", "mean", "largest")]
    for table in sorted(args.scores.glob("*.csv")):
        with table.open(newline="") as file:
            _, *rows = csv.reader(file)
        values = [float(row[-1]) for row in rows]
        if values:
            mean = sum(values) / len(values)
            lines.append((table.name, str(len(values)), f"{min(values):g}", f"{mean:.0f}", f"{max(values):g}"))
    with args.summary.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    for line in lines:
        print("  ".join(line))


if __name__ == "__main__":
    main()
