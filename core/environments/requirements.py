"""Single requirement lines: their names, and wider versions of them."""

from collections.abc import Iterable

from core.environments.failures import canonical

#: Packages that take minutes to compile, or cannot be without a compiler: a Python that has wheels is looked for first.
NATIVE = (
    "catboost", "cryptography", "cython-blis", "dm-tree", "fastparquet", "gensim", "grpcio", "h5py", "lightgbm",
    "llvmlite", "lxml", "matplotlib", "numba", "numexpr", "numpy", "onnx", "onnxruntime", "opencv-python",
    "opencv-python-headless", "pandas", "pillow", "polars", "pyarrow", "pygit2", "pyzmq", "scikit-image",
    "scikit-learn", "scipy", "shapely", "spacy", "statsmodels", "tables", "tensorflow", "thinc", "tokenizers",
    "torch", "torchvision", "xgboost",
)  # fmt: skip


def requirement_name(line: str) -> str:
    """'Scikit_Learn[x]>=1 ; python_version<"3"' -> 'scikit-learn'; '' for addresses and paths."""
    text = line.strip()
    end = next((i for i, character in enumerate(text) if not (character.isalnum() or character in "._-")), len(text))
    return canonical(text[:end]) if "/" not in text[: end + 1] and not is_path(text) else ""


def is_path(line: str) -> bool:
    """Whether a requirement is a folder or an archive on this machine."""
    text = line.partition(";")[0].strip()
    return text.startswith((".", "/", "~", "file:")) or (
        "://" not in text and text.endswith((".whl", ".tar.gz", ".zip")) and "@" not in text
    )


def lower_bound(line: str) -> str:
    """The lowest version that a requirement allows by what it says: 'pandas>=1.1,<1.2' -> '1.1'; '' if it does not."""
    for operator in ("===", "==", "~=", ">="):
        _, found, rest = line.partition(";")[0].partition(operator)
        if found:
            return rest.partition(",")[0].strip().removesuffix(".*")
    return ""


def upper_bound(line: str) -> str:
    """The version below which a requirement wants to stay: 'pandas>=1.1,<1.2' -> '1.2'; '' if it does not say."""
    for clause in line.partition(";")[0].split(","):
        _, found, version = clause.partition("<")
        if found:
            return version.lstrip("=").strip().removesuffix(".*")
    return ""


def with_versions(line: str, versions: str) -> str:
    """The requirement with other versions; extras and markers stay."""
    body, bar, marker = line.partition(";")
    end = next((i for i, character in enumerate(body) if character in "=<>~! "), len(body))
    return f"{body[:end].strip()}{versions}{f' ;{marker}' if bar else ''}"


def replaced(lines: Iterable[str], name: str, versions: str) -> tuple[str, ...]:
    """The lines with one package's versions changed."""
    return tuple(with_versions(line, versions) if requirement_name(line) == name else line for line in lines)
