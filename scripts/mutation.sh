#!/usr/bin/env bash
# Changes the core in many small ways and counts how many of the changes some test notices.
# Use: scripts/mutation.sh [COUNT [SEED]]   a sample of so many mutants (default 300 of some thousands)
#
# mutmut wants a click that Faust does not allow, so it lives in an environment of its own; the core and
# its tests do not know Faust. It works on a copy, so that the tree stays as it is.
set -eu -o pipefail
cd "$(dirname "$0")/.."
home=$(pwd)/.cache/mutation
bin=$(pwd)/.venv/bin
rm -rf "$home/tree" # what is gone must not be tried, nor notice anything
mkdir -p "$home/tree"

if ! cmp -s requirements/mutation.lock "$home/installed"; then
	"$bin/uv" venv --quiet --clear --python "$bin/python" "$home/venv"
	"$bin/uv" pip install --quiet --python "$home/venv/bin/python" --no-deps --require-hashes \
		-r requirements/mutation.lock
	cp requirements/mutation.lock "$home/installed"
fi
find "$home/tree" -mindepth 1 -maxdepth 1 ! -name mutants -exec rm -rf {} +
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
	[ ! -e "$file" ] || printf '%s\0' "$file"
done | tar --create --null --files-from=- | tar --extract --directory "$home/tree"
cd "$home/tree"
exec "$home/venv/bin/python" scripts/mutation.py "$@"
