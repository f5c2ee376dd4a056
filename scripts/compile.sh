#!/usr/bin/env bash
# Compiles the hot path (core, conversations agent, backtest) with mypyc into .cache/compiled, more than
# twice as fast. The sources stay what they are; scripts/compiled.sh runs Pegel on the result.
# Use: scripts/compile.sh          does nothing when the build is that of the sources as they are
#      scripts/compile.sh stamp    prints what tells a build of these sources from others
# Needs a C compiler; without one it says so and leaves everything as it was.
set -eu -o pipefail
cd "$(dirname "$0")/.."
bin=$(pwd)/.venv/bin
out=.cache/compiled
sources=(schemas stream_app agents)

stamp() {
	find "${sources[@]}" scripts/compile.sh requirements/dev.lock -type f -not -path '*/__pycache__/*' -print0 |
		LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-32
}

stamp=$(stamp)
if [ "${1:-}" = stamp ]; then
	echo "$stamp"
	exit 0
fi
if [ "$stamp" = "$(cat "$out/stamp" 2> /dev/null)" ]; then
	echo "$out is up to date"
	exit 0
fi
command -v "${CC:-cc}" > /dev/null || { echo "no C compiler (cc): the plain Python path stays in use" >&2; exit 3; }

new=$out.new
rm -rf "$new"
mkdir -p "$new"
cp -r "${sources[@]}" "$new/"
cd "$new"
find . -name __pycache__ -prune -exec rm -rf {} +
printf '[mypy]\npython_version = 3.11\nignore_missing_imports = True\n' > mypy.ini

# Nothing that msgspec reads: it goes by annotations, which a compiled class has lost (domain/policy.py).
modules=(
	stream_app/domain/{absorbing,alert_episode,alert_options,alert_rewind,alert_table,alert_timers,alerts,attributes}.py
	stream_app/domain/{calendar,clocks,conditions,conversation,counting,creation,exclusion,facts,fold}.py
	stream_app/domain/{groups,handling,histogram,ingested,ledger,levels,measures,moves,openhours,order}.py
	stream_app/domain/{plain,provisional,retelling,rules,signalling,staff,standing,steps,tail,ticks,turn,versions,waking}.py
	stream_app/records/{causes,merges,outcomes}.py
	stream_app/replay/{fields,foreign,lines,reader,rows}.py
	stream_app/scenario/{alerting,desk}.py
	stream_app/backtest/{run,summary}.py
	agents/conversations/{effects,group_table,handover,history,intake,job,publish,reads,store,timing}.py
	schemas/{instants,keys,packing,states}.py
)
if ! PATH="$bin:$PATH" MYPYC_OPT_LEVEL=2 MYPYC_DEBUG_LEVEL=0 "$bin/mypyc" --config-file mypy.ini "${modules[@]}" > compile.log 2>&1; then
	tail -n 20 compile.log >&2
	exit 1
fi
rm -rf build .mypy_cache
echo "$stamp" > stamp
cd - > /dev/null
rm -rf "$out"
mv "$new" "$out"
echo "compiled ${#modules[@]} modules into $out"
