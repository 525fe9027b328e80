#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the agent: build.sh [--sanitize|--debug] [OUTPUT]
#
#     (nothing)    one static binary, optimised
#     --sanitize   with the address and undefined-behaviour sanitizers: not static, for tests on the machine that builds it
#     --debug      not optimised, with symbols, not static (valgrind has to know the C library): for valgrind and gdb
#
# CC names the compiler. liburing 2.15 or newer: LIBURING names a folder with include/ and lib/ (or lib/ARCHITECTURE/), else
# pkg-config finds it.
set -eu
here=$(dirname "$0")
mode="-O2 -static"
case ${1:-} in
  --sanitize)
    mode="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined"
    shift ;;
  --debug)
    mode="-O0 -g"
    shift ;;
esac
out=${1:-$here/../../build/agent}
if [ -n "${LIBURING:-}" ]; then
  flags="-isystem $LIBURING/include"
  library=$(find "$LIBURING" -name liburing.a | head -n 1)
else
  pkg-config --exists 'liburing >= 2.15' || {
    echo 'build.sh: liburing 2.15 or newer is not there: LIBURING names a folder with it (Debian sid: liburing-dev)' >&2
    exit 1
  }
  flags=$(pkg-config --cflags liburing)
  library=$(pkg-config --variable=libdir liburing)/liburing.a
fi
mkdir -p "$(dirname "$out")"
set --
for source in "$here"/*.c; do
  case $source in
    *.gen.c) ;; # asserts, which have a program of their own
    *) set -- "$@" "$source" ;;
  esac
done
# shellcheck disable=SC2086
exec "${CC:-cc}" -std=gnu11 $mode -pthread -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes $flags -o "$out" "$@" "$library"
