#!/usr/bin/env bash
# Makes or brings up to date the virtual environment from the hash-pinned lock files.
#
# 1. An interpreter that will not do is said in one line.
# 2. An environment that works is kept: others may be running from it.
# 3. uv installs in seconds what takes pip a minute. Where pip has been pointed at an index of
#    its own, or where uv fails, pip does it: the hashes are the same.
# 4. Everything is compiled here once: where Python may not write its caches, each start would
#    otherwise compile all libraries again, which takes longer than the rest of the start.
set -euo pipefail
cd "$(dirname "$0")/.."
python="${1:-python3}"
venv="${2:-.venv}"
export PIP_DISABLE_PIP_VERSION_CHECK=1

scripts/check_python.sh "$python"
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
fi
pip=("$venv/bin/python" -m pip install --quiet)

with_uv() {
    "$venv/bin/python" -m pip config list | grep -q 'index-url' && return 1
    "${pip[@]}" --require-hashes -r requirements/bootstrap.lock || return 1
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" \
        --require-hashes -r requirements/dev.lock
}

echo "installing what requirements/dev.lock pins"
if ! with_uv; then
    echo "installing with pip instead of uv; this takes about a minute"
    "${pip[@]}" --require-hashes -r requirements/dev.lock
fi
"${pip[@]}" --no-deps --no-build-isolation --editable .
"$venv/bin/python" -m compileall -q -j 0 "$venv/lib" agents schemas stream_app >/dev/null || true
