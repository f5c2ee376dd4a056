#!/usr/bin/env bash
# Compiles the hot path (core, conversations agent) with mypyc into .cache/compiled, about twice as fast.
# The sources stay what they are; run a worker on the result with PYTHONPATH=.cache/compiled.
# Needs a C compiler; without one it says so and leaves everything as it was.
set -eu -o pipefail
cd "$(dirname "$0")/.."
bin=$(pwd)/.venv/bin
out=.cache/compiled
command -v "${CC:-cc}" > /dev/null || { echo "no C compiler (cc): the plain Python path stays in use" >&2; exit 3; }

rm -rf "$out"
mkdir -p "$out"
cp -r schemas stream_app agents "$out/"
cd "$out"
find . -name __pycache__ -prune -exec rm -rf {} +
printf '[mypy]\npython_version = 3.11\nignore_missing_imports = True\n' > mypy.ini

modules=(
	stream_app/domain/{absorbing,attributes,calendar,clocks,conditions,conversation,counting,facts,fold}.py
	stream_app/domain/{groups,histogram,levels,moves,openhours,plain,policy,rules,steps,tail,ticks,turn}.py
	stream_app/records/{causes,merges,outcomes}.py
	agents/conversations/{effects,group_table,intake,job,publish,reads,store}.py
	schemas/{instants,keys}.py
)
if ! PATH="$bin:$PATH" MYPYC_OPT_LEVEL=2 "$bin/mypyc" --config-file mypy.ini "${modules[@]}" > compile.log 2>&1; then
	tail -n 20 compile.log >&2
	exit 1
fi
rm -rf build
echo "compiled ${#modules[@]} modules into $out"
