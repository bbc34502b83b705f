"""Train by gradient boosting: one small tree after another, each correcting what those before it got wrong."""

import argparse
import json
from pathlib import Path

import joblib
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

TREES_A_ROUND = 20


def main() -> None:
    """Read the training flights, write `model.joblib` and `metrics.json`, report after every few trees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--trees", type=int, required=True)
    parser.add_argument("--loss", required=True)
    parser.add_argument("--model", type=Path, required=True)
    args = parser.parse_args()

    flights = pd.read_csv(args.train)
    features, minutes_late = flights.drop(columns="arr_delay"), flights["arr_delay"]
    columns = make_column_transformer(
        (
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
            make_column_selector(dtype_include=object),
        ),
        remainder="passthrough",
    )
    encoded = columns.fit_transform(features)
    boosting = HistGradientBoostingRegressor(
        learning_rate=args.learning_rate,
        loss=args.loss,
        early_stopping=False,
        # Grown on after every round, so that the error can be watched falling.
        warm_start=True,
        random_state=0,
    )
    for trees in range(TREES_A_ROUND, args.trees + TREES_A_ROUND, TREES_A_ROUND):
        boosting.set_params(max_iter=min(trees, args.trees)).fit(encoded, minutes_late)
        error = round(mean_absolute_error(minutes_late, boosting.predict(encoded)), 4)
        # One JSON object alone on a line, with a `step`: this is how a script without MLflow reports a curve.
        print(json.dumps({"step": boosting.n_iter_, "train_error_minutes": error}), flush=True)

    joblib.dump(make_pipeline(columns, boosting), args.model / "model.joblib", compress=3)
    (args.model / "metrics.json").write_text(json.dumps({"train_error_minutes": error}) + "\n")


if __name__ == "__main__":
    main()
