"""Have a model predict every row of many tables."""

import argparse
import csv
import json
from pathlib import Path


def main() -> None:
    """Write every table again, with a column that holds the prediction."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--round-to", type=int, required=True)
    parser.add_argument("--scores", type=Path, required=True)
    args = parser.parse_args()

    model = json.loads((args.model / "model.json").read_text())
    args.scores.mkdir(parents=True, exist_ok=True)
    for table in sorted(args.tables.glob("*.csv")):
        with table.open(newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row[model["target"]] = str(rounded(predicted(row, model["weights"]), args.round_to))
        with (args.scores / table.name).open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0] if rows else (), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        print(f"{table.name}: {len(rows)} rows scored")


def predicted(row: dict[str, str], weights: dict[str, float]) -> float:
    """What the weights make of a row."""
    return weights["base"] + sum(weight * float(row[name]) for name, weight in weights.items() if name != "base")


def rounded(value: float, step: int) -> int:
    """The multiple of `step` that is nearest."""
    return round(value / step) * step


if __name__ == "__main__":
    main()
