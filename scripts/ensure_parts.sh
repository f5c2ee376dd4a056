#!/usr/bin/env bash
# Finds the programs that the slow tests start, and installs Debian's packages where it may.
#
# 1. List what is missing.
# 2. Install it when this is root on a machine with apt-get.
# 3. Say in one line each what is missing still: its tests are skipped, or, with CI=true, fail here.
set -eu

# program (alternatives with a bar):Debian package
parts=(
    java:default-jre-headless
    mvn:maven
    "redis-server|valkey-server:redis-server"
    prometheus:prometheus
    promtool:prometheus
    "prometheus-alertmanager|alertmanager:prometheus-alertmanager"
    amtool:prometheus-alertmanager
    chromium:chromium
    node:nodejs
    npm:npm
)

is_there() {
    local name
    for name in ${1//|/ }; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

missing=()
packages=()
for part in "${parts[@]}"; do
    if ! is_there "${part%%:*}"; then
        missing+=("$part")
        packages+=("${part##*:}")
    fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "${EUID}" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing for the tests: ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -qq -y --no-install-recommends "${packages[@]}"; } \
        >/dev/null 2>&1 || echo "apt-get could not install them all" >&2
fi

lacking=0
for part in "${missing[@]}"; do
    if ! is_there "${part%%:*}"; then
        echo "${part%%[|:]*} is missing (Debian package ${part##*:}): its tests can not run" >&2
        lacking=1
    fi
done
[ "${CI:-}" != true ] || exit "$lacking"
