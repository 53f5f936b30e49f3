#!/bin/sh
# Builds harts.img byte for byte as it is committed, given Debian's gcc-riscv64-linux-gnu (12.2).
#   build.sh           writes harts.img
#   build.sh --check   compares what it builds with the committed harts.img
set -eu
cd "$(dirname "$0")"
tools=${CROSS_COMPILE:-riscv64-linux-gnu-}
command -v "${tools}gcc" >/dev/null || {
    echo "build.sh: ${tools}gcc is missing: apt install gcc-riscv64-linux-gnu" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"${tools}gcc" -march=rv64imac_zicsr_zifencei -mabi=lp64 -mno-relax -nostdlib -static -no-pie \
    -Wl,--build-id=none -Wl,--no-relax -Wl,-Ttext=0x80200000 -Wl,--no-warn-rwx-segments -o "$work/harts.elf" harts.S
"${tools}objcopy" -O binary -j .text "$work/harts.elf" "$work/harts.img"

if [ "${1-}" = --check ]; then
    cmp "$work/harts.img" harts.img && echo "harts.img is what the source says"
else
    cp "$work/harts.img" harts.img
fi
