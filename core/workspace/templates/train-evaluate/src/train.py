"""Fit a straight line through the data by ridge regression, and write its weights as a model."""

import argparse
import csv
import json
from pathlib import Path

FEATURES = ("area", "age")
TARGET = "price"


def main() -> None:
    """Read the rows, solve for the weights, write `model.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--ridge", type=float, required=True)
    parser.add_argument("--model", type=Path, required=True)
    args = parser.parse_args()

    with args.train.open(newline="") as file:
        rows = list(csv.DictReader(file))
    # A column of ones lets the line start anywhere; its weight is not held down.
    inputs = [[1.0, *(float(row[name]) for name in FEATURES)] for row in rows]
    targets = [float(row[TARGET]) for row in rows]
    weights = solve(*normal_equations(inputs, targets, args.ridge))
    args.model.mkdir(parents=True, exist_ok=True)
    named = dict(zip(("base", *FEATURES), weights, strict=True))
    (args.model / "model.json").write_text(json.dumps({"target": TARGET, "weights": named}, indent=2) + "\n")
    for name, weight in named.items():
        print(f"{name}: {weight:.2f}")


def normal_equations(
    inputs: list[list[float]], targets: list[float], ridge: float
) -> tuple[list[list[float]], list[float]]:
    """The equations whose solution has the least squared error."""
    width = range(len(inputs[0]))
    left = [[sum(row[i] * row[j] for row in inputs) + (ridge if i == j > 0 else 0) for j in width] for i in width]
    right = [sum(row[i] * target for row, target in zip(inputs, targets, strict=True)) for i in width]
    return left, right


def solve(left: list[list[float]], right: list[float]) -> list[float]:
    """Gauss's elimination, taking the largest pivot."""
    rows = [[*line, value] for line, value in zip(left, right, strict=True)]
    for column in range(len(rows)):
        pivot = max(range(column, len(rows)), key=lambda at: abs(rows[at][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for at, row in enumerate(rows):
            if at != column:
                rows[at] = [value - row[column] * top for value, top in zip(row, rows[column], strict=True)]
    return [row[-1] for row in rows]


if __name__ == "__main__":
    main()
