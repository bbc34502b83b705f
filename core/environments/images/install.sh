# Installs packages into the Python of an image: install.sh MINOR_VERSIONS MINOR_VERSION PRERELEASES
# What mlpw reads of its output begins with "mlpw: ".
fitting="$1" asked="$2" prereleases="$3"
place=/dev/mlpw
export UV_CACHE_DIR=$place/cache UV_LINK_MODE=copy UV_NO_PROGRESS=1 UV_COMPILE_BYTECODE=1 NO_COLOR=1
export UV_PYTHON_INSTALL_DIR=/opt/mlpw-python UV_BREAK_SYSTEM_PACKAGES=1
export PIP_NO_CACHE_DIR=1 PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore
uv=$place/uv
"$uv" --version >/dev/null 2>&1 || uv=

python= other=
for each in python python3 /opt/conda/bin/python /opt/miniconda/bin/python /usr/local/bin/python3 /usr/bin/python3; do
    version=$("$each" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    path=$("$each" -c 'import sys; print(sys.executable)')
    case " $fitting " in
    "  " | *" $version "*)
        python=$path
        break
        ;;
    esac
    [ -n "$other" ] || other=$path other_version=$version
done

if [ -z "$python" ]; then
    echo "fetching Python $asked"
    if [ -n "$uv" ] && UV_HTTP_RETRIES=1 "$uv" venv --quiet --seed --python-preference only-managed --python "$asked" /opt/mlpw; then
        python=/opt/mlpw/bin/python
    else
        for each in conda mamba micromamba /opt/conda/bin/conda /opt/miniconda/bin/conda; do
            if "$each" --version >/dev/null 2>&1 && "$each" create --yes --quiet -p /opt/mlpw "python=$asked" pip; then
                python=/opt/mlpw/bin/python
                break
            fi
        done
    fi
    if [ -n "$python" ]; then
        echo "mlpw: own=1"
    elif [ -n "$other" ]; then
        rm -rf /opt/mlpw
        python=$other
        echo "mlpw: python=$other_version"
    else
        echo "mlpw: none=1"
        exit 3
    fi
fi

echo "mlpw: installs=1"
if [ ! -s $place/requirements.txt ]; then
    exit 0
elif [ -n "$uv" ] && "$uv" pip list --quiet --python "$python" >/dev/null 2>&1; then
    more=
    [ -z "$prereleases" ] || more="--prerelease allow"
    exec "$uv" pip install --python "$python" $more -r $place/requirements.txt
else
    echo "mlpw: pip=1"
    more=
    [ -z "$prereleases" ] || more=--pre
    "$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip || exit
    exec "$python" -m pip install --progress-bar off $more -r $place/requirements.txt
fi
