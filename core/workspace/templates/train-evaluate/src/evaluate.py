"""Examine a model on rows that it has not seen, and write what came out as numbers and as a table."""

import argparse
import csv
import json
from pathlib import Path


def main() -> None:
    """Predict every row, compare, write `metrics.json` and `predictions.csv`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--evaluation", type=Path, required=True)
    args = parser.parse_args()

    model = json.loads((args.model / "model.json").read_text())
    weights, target = model["weights"], model["target"]
    with args.test.open(newline="") as file:
        rows = list(csv.DictReader(file))
    actual = [float(row[target]) for row in rows]
    predicted = [
        weights["base"] + sum(weight * float(row[name]) for name, weight in weights.items() if name != "base")
        for row in rows
    ]
    errors = [told - real for told, real in zip(predicted, actual, strict=True)]
    middle = sum(actual) / len(actual)
    spread = sum((real - middle) ** 2 for real in actual)
    metrics = {
        "rows": len(rows),
        "mean_error": sum(abs(error) for error in errors) / len(errors),
        "r2": 1 - sum(error**2 for error in errors) / spread,
    }
    args.evaluation.mkdir(parents=True, exist_ok=True)
    (args.evaluation / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    with (args.evaluation / "predictions.csv").open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("actual", "predicted"))
        table.writerows((f"{real:.0f}", f"{told:.0f}") for real, told in zip(actual, predicted, strict=True))
    for name, value in metrics.items():
        print(f"{name}: {value:.3g}")


if __name__ == "__main__":
    main()
