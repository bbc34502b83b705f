"""Examine the three models on flights they have never seen, and pick the best.

The mark is the mean error in minutes: by how much, on average, the announced arrival was off. A fourth candidate needs
no training and has to be beaten: "it will land exactly as late as it left".
"""

import argparse
import json
import shutil
from pathlib import Path

import joblib
import pandas as pd
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

MODELS = ["linear", "forest", "boosting"]
NO_MODEL = "as late as it left"


def main() -> None:
    """Write `metrics.json` and `predictions.csv`, and copy the best model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", type=Path, required=True)
    for name in MODELS:
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--evaluation", type=Path, required=True)
    parser.add_argument("--best-model", type=Path, required=True)
    args = parser.parse_args()

    flights = pd.read_csv(args.test)
    features, minutes_late = flights.drop(columns="arr_delay"), flights["arr_delay"]
    predictions = pd.DataFrame({NO_MODEL: flights["dep_delay"]})
    for name in MODELS:
        model = joblib.load(getattr(args, name) / "model.joblib")
        predictions[name] = model.predict(features).round(2)

    metrics = {}
    print(f"{'':20} {'mean error':>10} {'root mean square':>17}")
    for name in predictions:
        error = mean_absolute_error(minutes_late, predictions[name])
        square = root_mean_squared_error(minutes_late, predictions[name])
        print(f"{name:20} {error:10.2f} {square:17.2f}  minutes")
        key = name.replace(" ", "_")
        metrics |= {f"{key}/error_minutes": round(error, 4), f"{key}/rmse_minutes": round(square, 4)}

    best = min(MODELS, key=lambda name: metrics[f"{name}/error_minutes"])
    print(f"the best is {best}")
    shutil.copyfile(getattr(args, best) / "model.joblib", args.best_model / "model.joblib")
    (args.best_model / "model.json").write_text(json.dumps({"kind": best}) + "\n")
    (args.evaluation / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    answers = pd.concat([flights[["carrier", "origin", "dest", "arr_delay"]], predictions], axis="columns")
    answers.to_csv(args.evaluation / "predictions.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
