"""A training script as people write them for Azure ML; says what it read back as JSON."""

# mypy: ignore-errors
import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric

said = {}


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


mlflow.set_experiment("whatever the author called it")
mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
client = MlflowClient()
run_id = os.environ["AZUREML_RUN_ID"]

mlflow.log_params({"lr": 0.001, "name": "ü ☃ '\"", "flag": True, "none": None})  # starts the run by itself
said["params"] = client.get_run(run_id).data.params
for step in range(5):
    mlflow.log_metric("loss", 1 / (step + 1), step=step)
mlflow.log_metrics({"val/acc": 0.5, "val/f1": 0.25}, step=3)
for step, value in enumerate(("nan", "inf", "-inf")):
    mlflow.log_metric("odd", float(value), step=step)
mlflow.set_tags({"team": "blue", "gone": "x"})
mlflow.delete_tag("gone")
mlflow.end_run()

with mlflow.start_run(run_id=run_id) as run:
    said["run"] = run.info.run_id
    client.log_batch(run_id, metrics=[Metric("batch", float(step), 1000 + step, step) for step in range(1000)])
    client.log_batch(run_id, metrics=[Metric("batch", float(step), 1000 + step, step) for step in range(900, 1500)])
    mlflow.log_params({f"many{number}": number for number in range(250)})
    mlflow.log_dict({"layers": [1, 2]}, "config.json")
    mlflow.log_text("hello", "notes/hello.txt")
    Path("data #1?.bin").write_bytes(b"\0" * 1000)
    mlflow.log_artifact("data #1?.bin", "copies/deep")
    for number in range(3):
        with mlflow.start_run(nested=True, run_name=f"try {number}"):
            mlflow.log_metric("rmse", 3 - number)

children = f"tags.mlflow.parentRunId = '{run_id}'"
found = client.search_runs(["1"], f"{children} and metrics.rmse < 2.5", order_by=["metrics.rmse"])
said["best"] = [run.data.metrics["rmse"] for run in found]
said["history"] = [[point.value, point.step] for point in client.get_metric_history(run_id, "loss")]
said["artifacts"] = sorted(file.path for file in client.list_artifacts(run_id))

try:
    with mlflow.start_run(run_id=run_id):
        logged = mlflow.pyfunc.log_model(
            name="echo", python_model=Echo(), registered_model_name="echo-model", pip_requirements=[]
        )
        raise ValueError("as in a script that fails")
except ValueError:
    pass
client.set_registered_model_alias("echo-model", "champion", "1")
said["predictions"] = []
for address in ("models:/echo-model/1", "models:/echo-model@champion", logged.model_uri):
    folder = urlsplit(mlflow.get_logged_model(logged.model_id).artifact_location).path
    said["files of the registered"] = sorted(path.name for path in Path(folder).iterdir())  # at last: loaded by name
    said["predictions"].append(mlflow.pyfunc.load_model(address).predict([1, 2]))
print(json.dumps(said))
