"""What conda calls differently from PyPI, as tables."""

#: conda name -> PyPI requirement name.
PYPI_NAMES = {
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "torchvision-cpu": "torchvision",
    "py-xgboost": "xgboost",
    "py-xgboost-cpu": "xgboost",
    "py-xgboost-gpu": "xgboost",
    "_py-xgboost-mutex": "",
    "opencv": "opencv-python-headless",
    "py-opencv": "opencv-python-headless",
    "opencv-python": "opencv-python-headless",
    "msgpack-python": "msgpack",
    "tensorflow-gpu": "tensorflow",
    "tensorflow-cpu": "tensorflow",
    "tensorflow-base": "tensorflow",
    "tensorflow-mkl": "tensorflow",
    "tensorflow-eigen": "tensorflow",
    "keras-gpu": "keras",
    "pytables": "tables",
    "python-graphviz": "graphviz",
    "pyyaml": "PyYAML",
    "matplotlib-base": "matplotlib",
    "seaborn-base": "seaborn",
    "dask-core": "dask",
    "pyarrow-core": "pyarrow",
    "arrow-cpp": "",
    "ruamel_yaml": "ruamel.yaml",
    "jupyterlab_server": "jupyterlab-server",
    "jupyter_client": "jupyter-client",
    "jupyter_core": "jupyter-core",
    "ipython_genutils": "ipython-genutils",
    "prompt_toolkit": "prompt-toolkit",
    "typing_extensions": "typing-extensions",
    "importlib_metadata": "importlib-metadata",
    "category_encoders": "category-encoders",
    "lightgbm-cpu": "lightgbm",
    "catboost-cpu": "catboost",
    "faiss": "faiss-cpu",
    "faiss-gpu": "faiss-cpu",
    "pysoundfile": "soundfile",
    "snappy": "python-snappy",
    "fbprophet": "prophet",
    "geopandas-base": "geopandas",
    "psycopg2": "psycopg2-binary",
    "sqlite3": "",
    "pillow-simd": "pillow",
    "cupy-cuda": "cupy",
    "nltk_data": "",
    "spacy-model-en_core_web_sm": "en-core-web-sm",
    "huggingface_hub": "huggingface-hub",
    "python-levenshtein": "python-Levenshtein",
    "implicit-proc": "implicit",
    "r-reticulate": "",
}

#: Programs and libraries that conda installs and PyPI does not hold, and that Python wheels bring along themselves.
SYSTEM_NAMES = frozenset(
    """
    _libgcc_mutex _openmp_mutex binutils blas boost-cpp bzip2 c-ares c-compiler ca-certificates cairo clang clangxx
    cmake compilers conda cpuonly cuda cuda-nvcc cuda-runtime cuda-toolkit cuda-version cudatoolkit cudatoolkit-dev
    cudnn curl cxx-compiler eigen expat ffmpeg fftw fontconfig fortran-compiler freetds freetype gcc gcc_linux-64
    geos gettext gfortran giflib git git-lfs glib glog gmp gnutls gperftools gsl gst-plugins-base gstreamer gxx
    gxx_linux-64 hdf5 htop icu intel-openmp jemalloc jpeg jq krb5 lcms2 ld_impl_linux-64 lerc libblas libboost
    libcblas libcurl libedit libev libevent libffi libgcc libgcc-ng libgdal libgfortran libgfortran-ng libgfortran5
    libgomp libiconv liblapack libllvm11 libnghttp2 libnsl libopenblas libopencv libpng libpq libprotobuf libsndfile
    libsodium libspatialindex libssh2 libstdcxx libstdcxx-ng libtiff libtool libuuid libwebp libwebp-base libxcb
    libxgboost libxml2 libxslt libzlib lld llvm llvm-openmp lz4-c make mamba maven mesa-libgl-cos6-x86_64 mkl mpi
    mpich nb_conda nb_conda_kernels nccl ncurses ninja-base nodejs nomkl nvcc_linux-64 openblas openjdk openjpeg
    openmp openmpi openslide openssl pandoc pango pcre pixman pkg-config poppler postgresql proj pytorch-cuda
    pytorch-mutex qt readline rsync rust snappy-c sox sqlite swig sysroot_linux-64 tbb tectonic tesseract
    texlive-core tk tmux tree unixodbc unzip vim wget xorg-libx11 xz yaml zip zlib zstd
    """.split()  # noqa: SIM905 - a list of 150 quoted names, one a line, reads worse
)

#: Tools that every environment has anyway; a version of them pinned for conda means nothing to uv.
INSTALLER_NAMES = frozenset({"pip", "setuptools", "wheel", "conda", "uv"})

#: Packages whose names start with "lib" though they are Python's.
LIB_PACKAGES = frozenset({"libclang", "libcst", "libpysal", "librosa", "librt", "libsass", "libsvm", "libtmux"})
