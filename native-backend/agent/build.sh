#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the agent, one static binary: build.sh [OUTPUT]. liburing 2.15 or newer: LIBURING names a folder with include/ and
# lib/ (or lib/ARCHITECTURE/), else pkg-config finds it.
set -eu
here=$(dirname "$0")
out=${1:-$here/../../build/agent}
if [ -n "${LIBURING:-}" ]; then
  flags="-isystem $LIBURING/include"
  library=$(find "$LIBURING" -name liburing.a | head -n 1)
else
  flags=$(pkg-config --cflags 'liburing >= 2.15')
  library=$(pkg-config --variable=libdir liburing)/liburing.a
fi
mkdir -p "$(dirname "$out")"
# shellcheck disable=SC2086
exec "${CC:-cc}" -std=gnu11 -O2 -static -pthread -Wall -Wextra -Werror $flags -o "$out" \
  "$here"/json.c "$here"/memory.c "$here"/trace.c "$here"/machine.c "$here"/threads.c "$here"/steps_*.c "$here"/main.c "$library"
