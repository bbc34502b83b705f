"""Which keys mean something where: https://learn.microsoft.com/azure/machine-learning/reference-yaml-overview.

Those that Azure ML's client reads and mlpw does not use are known as well, so that they are no mistake.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SERVICE = _words("id creation_context latest_version auto_delete_setting intellectual_property")
_ASSET = _words("$schema name version description tags properties") | _SERVICE

#: Types of steps and components that load and show, but do not run here yet.
OTHER_KINDS = _words("parallel sweep spark automl data_transfer import if_else do_while parallel_for flow finetuning")
KINDS = OTHER_KINDS | {"command", "pipeline"}

COMPONENT = _ASSET | _words("display_name type is_deterministic inputs outputs")
COMMAND_COMPONENT = COMPONENT | _words(
    "command code environment environment_variables resources distribution additional_includes queue_settings"
)
PIPELINE_COMPONENT = COMPONENT | _words("jobs settings")

PIPELINE_JOB = _words(
    "$schema type name display_name description experiment_name tags properties settings inputs outputs jobs component"
    " compute identity services id status creation_context log_files"
)
#: What Azure ML refuses in a pipeline job though it does no harm.
PIPELINE_JOB_REFUSED = _words("schedule limits environment_variables comment version is_deterministic")
SETTINGS = _words("default_compute default_datastore continue_on_step_failure force_rerun")
SETTINGS_PREVIEW = _words("on_init on_finalize continue_run_on_failed_optional_input")
STEP = _words(
    "$schema type component inputs outputs compute environment environment_variables resources limits distribution"
    " identity services properties tags display_name description name version comment code command queue_settings"
    " settings experiment_name is_deterministic additional_includes"
)
#: mlpw's own, which Azure ML does not know.
OWN_OF_STEP = _words("code_tracking")
#: What belongs to the step when a standalone job is read as a pipeline.
STEP_OF_JOB = _words(
    "inputs outputs command code environment environment_variables resources limits distribution compute component"
    " trial search_space objective sampling_algorithm additional_includes identity queue_settings"
)
SHARED_WITH_JOB = _words("tags name display_name description experiment_name $schema properties services")

DECLARED_INPUT = _words("type optional default description min max enum mode intellectual_property")
DECLARED_OUTPUT = _words("type description mode early_available intellectual_property is_control")
INPUT_VALUE = _words("type path mode datastore path_on_compute value")
#: Not in Azure ML's schema of a job's inputs, but plain enough.
JOB_INPUT_REFUSED = _words("default description optional min max enum")
OUTPUT_VALUE = _words("type path mode name version description datastore")

RESOURCES = _words(
    "instance_count instance_type locations shm_size max_instance_count docker_args properties runtime_version"
)
LIMITS = _words("timeout")
DISTRIBUTIONS = {
    "pytorch": _words("type process_count_per_instance"),
    "mpi": _words("type process_count_per_instance"),
    "tensorflow": _words("type worker_count parameter_server_count"),
    "ray": _words(
        "type port address include_dashboard dashboard_port head_node_additional_args worker_node_additional_args"
    ),
}

ENVIRONMENT = _ASSET | _words("type image conda_file build os_type inference_config datastore")
BUILD = _words("path dockerfile_path")
CONDA = _words("name channels dependencies variables prefix platforms")
DATA = _ASSET | _words("type path datastore display_name")
MODEL = _ASSET | _words(
    "type path datastore stage flavors job_name utc_time_created system_metadata default_deployment_template"
    " allowed_deployment_templates"
)

#: What `--set` may name first, in a pipeline and in a standalone job, and after `jobs.STEP.`.
CHANGED_IN_PIPELINE = _words(
    "inputs outputs jobs settings compute name display_name description experiment_name tags properties"
)
CHANGED_IN_JOB = CHANGED_IN_PIPELINE | _words(
    "command code environment environment_variables resources limits distribution"
)
CHANGED_IN_STEP = STEP - _words("$schema type comment name version additional_includes services")

COMPUTE = _words("$schema name type description tags host tls ssh_config cpus memory gpus shm_size concurrency cache")
COMPUTE_TLS = _words("ca cert key")

WORKSPACE_FILE = _words("$schema name compute environments components datastores data data_outside local code_tracking")
WORKSPACE_LOCAL = _words("cpus memory")
