"""The shell script that a container begins with: what a shim does around a local step, done inside.

It ends up with the step's exit code, after what the step left running had two seconds to finish, and with 143 when
somebody asked the container to end. Then everything is asked, and waited for: whoever asked kills when its patience is
over. The recorder lives as long as the step, and is not hurt by the request to end. Where the image has no bash,
`bash` means sh.
"""

#: Called with: the recorder's folder and its settings ("" for none), then the step's command.
SCRIPT = """
exec 3>&2 4>&1 >/dev/null 2>&1
recorder=$1 settings=$2 recording= asked=
shift 2
[ "$1" != bash ] || command -v bash || { shift; set -- sh "$@"; }
if [ -n "$recorder" ]; then
  for python in python3 python; do
    command -v $python || continue
    (trap '' TERM INT HUP; exec $python -I -S "$recorder" "$settings" 3>&- 4>&-) </dev/null &
    recording=$!
    break
  done
fi
trap 'asked=1' TERM
"$@" >&4 2>&3 3>&- 4>&-
code=$?
exec 3>&- 4>&-
[ -z "$recording" ] || { kill -KILL $recording; wait $recording; }
[ -z "$asked" ] || kill -TERM -1
rounds=0
while kill -0 -1; do
  rounds=$((rounds + 1))
  if [ -z "$asked" ]; then
    [ $rounds -ne 40 ] || kill -TERM -1
    [ $rounds -le 80 ] || break
  fi
  sleep 0.05 || sleep 1
done
[ -z "$asked" ] || code=143
exit $code
"""


def wrapped(argv: list[str], recorder: str, settings: str) -> list[str]:
    """The words that a container starts with."""
    return ["/bin/sh", "-c", SCRIPT, "mlpw", recorder, settings, *argv]
