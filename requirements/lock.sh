#!/bin/sh
# Renew the lock files after a change of pyproject.toml. Needs uv; no address is written into the files.
set -eu
cd "$(dirname "$0")/.."
lock() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command requirements/lock.sh "$@"; }
lock pyproject.toml requirements/build.in -o requirements/run.lock
lock pyproject.toml requirements/build.in --extra dtls --group dev -c requirements/run.lock -o requirements/dev.lock
lock pyproject.toml requirements/build.in --extra sumo -c requirements/run.lock -o requirements/sumo.lock
