"""The environment variables by which a step finds its run."""

import hashlib
from collections.abc import Mapping

_LOCAL = ("127.0.0.1", "localhost")
_RECORDER_ONLY = ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_TRACKING_TOKEN")


def run_id(*parts: object) -> str:
    """The 32 hex digits by which MLflow's clients know a run; the same for the same workspace, run, step, attempt."""
    return hashlib.blake2b("\0".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def step_variables(
    *,
    tracking_uri: str,
    run: str,
    root: str,
    experiment_id: str,
    experiment_name: str,
    token: str = "",
    inherited: Mapping[str, str] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """What a step's environment must hold so that MLflow scripts written for Azure ML log here, unmodified.

    `tracking_uri` is the recorder's http address, or "" when the shim fills it in; `run` and `root` (the pipeline's
    run) are 32 hex digits; `inherited` is the environment the step would get otherwise (for its proxy exceptions);
    `chosen` is what the user's YAML sets, which wins: who names another tracking server is given no run of ours,
    because that server has none of this id. The names are those of Azure ML's training environment
    (https://learn.microsoft.com/azure/machine-learning/how-to-use-mlflow-cli-runs); no more of the AZUREML_* family
    is set, since azureml-core goes online when it finds them.
    """
    chosen = chosen or {}
    variables = {
        "MLFLOW_TRACKING_URI": tracking_uri,
        "MLFLOW_RUN_ID": run,
        "MLFLOW_EXPERIMENT_ID": experiment_id,
        "MLFLOW_EXPERIMENT_NAME": experiment_name,
        "MLFLOW_TRACKING_TOKEN": token,
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "AZUREML_RUN_ID": run,
        "AZUREML_ROOT_RUN_ID": root,
        "GIT_PYTHON_REFRESH": "quiet",
        "PYTHONUNBUFFERED": "1",
    }
    elsewhere = "MLFLOW_TRACKING_URI" in chosen
    given = {k: v for k, v in variables.items() if v and not (elsewhere and k in _RECORDER_ONLY)}
    return given | dict(chosen) | _proxy_exceptions({**(inherited or {}), **chosen})


def port_variables(inputs: Mapping[str, str], outputs: Mapping[str, str]) -> dict[str, str]:
    """`AZURE_ML_INPUT_<name>` and `AZURE_ML_OUTPUT_<name>`: where a step's data lies, as Azure ML tells it."""
    given = {f"AZURE_ML_INPUT_{name}": value for name, value in inputs.items()}
    return given | {f"AZURE_ML_OUTPUT_{name}": value for name, value in outputs.items()}


def _proxy_exceptions(environment: Mapping[str, str]) -> dict[str, str]:
    """Both spellings, because the lower-case one wins in Python and only the upper-case one is known elsewhere."""
    listed = f"{environment.get('no_proxy', '')},{environment.get('NO_PROXY', '')}".split(",")
    hosts = ",".join(dict.fromkeys([*(host.strip() for host in listed if host.strip()), *_LOCAL]))
    return {"NO_PROXY": hosts, "no_proxy": hosts}
