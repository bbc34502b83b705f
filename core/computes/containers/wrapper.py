"""The shell script that a container begins with: what a shim does around a local step, done inside.

It ends up with the step's exit code, after what the step left running had two seconds to finish, and with 143 when
somebody asked the container to end. Then everything is asked, and waited for: whoever asked kills when its patience is
over. The recorder listens before the command starts, lives as long as the step, and is not hurt by the request to end.
Where the image has no bash, `bash` means sh.
"""

#: Listens at a port first of all, says so (its process id, and no more on that stream), and only then takes the time
#: to load the recorder. Called with: the port, the recorder's folder, its settings.
LISTEN = """
import sys
if sys.version_info < (3, 8): sys.exit()
import _socket, os
listening = _socket.socket()
listening.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
listening.bind(("127.0.0.1", int(sys.argv[1])))
listening.listen(64)
os.write(1, b"%d" % os.getpid())
os.dup2(2, 1)
main = sys.argv[2] + "/__main__.py"
with open(main, "rb") as file:
    code = compile(file.read(), main, "exec", dont_inherit=True)
sys.argv[:] = [main, sys.argv[3], str(listening.detach())]
exec(code, {"__name__": "__main__", "__file__": main})
"""
#: Called with: what listens, its port, the recorder's folder ("" for none) and its settings, then the step's command.
#: The recorder finds the step's output as its file 4. A substitution of a command ends with what it writes.
SCRIPT = """
exec 3>&2 4>&1 >/dev/null 2>&1
listen=$1 port=$2 recorder=$3 settings=$4 recording= asked=
shift 4
[ "$1" != bash ] || command -v bash || { shift; set -- sh "$@"; }
if [ -n "$recorder" ]; then
  for python in python3 python; do
    command -v $python || continue
    recording=$( (trap '' TERM INT HUP
      exec $python -I -S -c "$listen" $port "$recorder" "$settings" 3>&- 4>&4) </dev/null & )
    break
  done
fi
trap 'asked=1' TERM
"$@" >&4 2>&3 3>&- 4>&-
code=$?
exec 3>&- 4>&-
[ -z "$recording" ] || kill -KILL $recording
[ -z "$asked" ] || kill -TERM -1
rounds=0 pause=0.01
while kill -0 -1; do
  rounds=$((rounds + 1))
  [ $rounds -le 5 ] || pause=0.05
  if [ -z "$asked" ]; then
    [ $rounds -ne 40 ] || kill -TERM -1
    [ $rounds -le 80 ] || break
  fi
  sleep $pause || sleep 1
done
[ -z "$asked" ] || code=143
exit $code
"""


def wrapped(argv: list[str], recorder: str, settings: str, port: int) -> list[str]:
    """The words that a container starts with; `settings` are the recorder's as JSON, "" without one."""
    return ["/bin/sh", "-c", SCRIPT, "mlpw", LISTEN, str(port), recorder, settings, *argv]
