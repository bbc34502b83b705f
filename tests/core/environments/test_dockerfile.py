from core.environments.dockerfile import DockerInstalls, read_dockerfile


def test_pip_install_lines_are_read_over_several_lines() -> None:
    text = """
# a comment
FROM python:3.8.13
# Install pip dependencies
RUN pip install 'matplotlib>=3.3,<3.4' \\
                'numpy>=1.10,<1.20' \\
                'azureml-core'
CMD ["bash"]
"""
    expected = ("matplotlib>=3.3,<3.4", "numpy>=1.10,<1.20", "azureml-core")
    assert read_dockerfile(text, {}) == DockerInstalls("python:3.8.13", expected)


def test_requirements_of_the_context_are_read_wherever_they_were_copied() -> None:
    text = (
        "FROM python:3.8\nCOPY reqs/requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt && rm /tmp/r.txt"
    )
    assert read_dockerfile(text, {"reqs/requirements.txt": "six==1.16.0\n"}).pip == ("six==1.16.0",)


def test_options_that_choose_an_index_are_kept_and_others_are_not() -> None:
    text = (
        "FROM x\nRUN python3 -m pip install --no-cache-dir -U --extra-index-url https://e.example/ --timeout 9 six . $X"
    )
    assert read_dockerfile(text, {}).pip == ("--extra-index-url https://e.example/", "six")


def test_only_the_last_stage_counts() -> None:
    text = "FROM a AS build\nRUN pip install six\nFROM --platform=linux/amd64 b\nRUN pip install iniconfig"
    assert read_dockerfile(text, {}) == DockerInstalls("b", ("iniconfig",))


def test_conda_lines_and_conda_files() -> None:
    text = """FROM x
RUN conda create -p /envs/a python=3.8 pip=21.3.1 -c anaconda -c conda-forge
RUN conda env create -p /envs/b -f conda_dependencies.yaml -q && conda clean -a -y
"""
    installs = read_dockerfile(text, {"conda_dependencies.yaml": "dependencies: []"})
    assert installs.conda == ("python=3.8", "pip=21.3.1")
    assert installs.conda_files == ("conda_dependencies.yaml",)


def test_a_line_that_no_shell_could_read_says_nothing() -> None:
    assert read_dockerfile("FROM x\nRUN pip install 'six", {}).pip == ()
