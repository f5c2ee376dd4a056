#!/usr/bin/env bash
# Runs Pegel on the compiled build, as .venv/bin/pegel runs it on the sources: scripts/compiled.sh backtest …
# A build of other sources than those that lie here is refused.
set -eu -o pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/.cache/compiled
if [ "$("$root/scripts/compile.sh" stamp)" != "$(cat "$build/stamp" 2> /dev/null)" ]; then
	echo "there is no compiled build of these sources: run \`make compile\`" >&2
	exit 3
fi
PYTHONPATH=$build exec "$root/.venv/bin/python" -P -m stream_app.cli "$@" # -P: the folder at hand must not win
