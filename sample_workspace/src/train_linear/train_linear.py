"""Train a straight-line model: every feature adds or takes away so many minutes, always the same.

It is the simplest model that can be right, and it is quick. It cannot know that snow matters more at one airport than
at another, or that twice the wind is more than twice the trouble.
"""

import argparse
import json
from pathlib import Path

import joblib
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def main() -> None:
    """Read the training flights, write `model.joblib` and `metrics.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--penalty", type=float, required=True)
    parser.add_argument("--model", type=Path, required=True)
    args = parser.parse_args()

    flights = pd.read_csv(args.train)
    features, minutes_late = flights.drop(columns="arr_delay"), flights["arr_delay"]
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_include=object)),
        (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_exclude=object)),
    )
    model = make_pipeline(columns, Ridge(alpha=args.penalty)).fit(features, minutes_late)

    metrics = {"train_error_minutes": round(mean_absolute_error(minutes_late, model.predict(features)), 4)}
    print(json.dumps({"metrics": metrics}))
    joblib.dump(model, args.model / "model.joblib")
    (args.model / "metrics.json").write_text(json.dumps(metrics) + "\n")


if __name__ == "__main__":
    main()
