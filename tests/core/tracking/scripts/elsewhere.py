"""A script that names its tracking address: the one of its environment, or a store of its own."""

# mypy: ignore-errors
import os
import sys
from pathlib import Path

import mlflow

if sys.argv[1] == "file":
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    mlflow.set_tracking_uri((Path.cwd() / "mlruns").as_uri())
    client = mlflow.MlflowClient()
    run = client.create_run(client.create_experiment("mine"))
    client.log_metric(run.info.run_id, "there", 1)
else:
    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    with mlflow.start_run():
        mlflow.log_metric("here", 1)
print("{}")
