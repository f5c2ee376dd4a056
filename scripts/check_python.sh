#!/usr/bin/env bash
# Says in one line when the interpreter that is to carry the virtual environment is no good.
set -eu
python="${1:-python3}"

if ! command -v "$python" >/dev/null; then
    echo "error: no '$python' here; install Python 3.11 or newer, or: make install PYTHON=python3.12" >&2
    exit 1
fi
version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "error: Pegel needs Python 3.11 or newer, '$python' is $version; try: make install PYTHON=python3.11" >&2
    exit 1
fi
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    echo "error: '$python' has no venv module; on Debian: apt-get install python3-venv" >&2
    exit 1
fi
