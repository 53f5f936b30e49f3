#!/bin/sh
# Builds drill.img byte for byte as it is committed, given Debian's gcc-riscv64-linux-gnu (12.2).
#   build.sh           writes drill.img
#   build.sh --check   compares what it builds with the committed drill.img
set -eu
cd "$(dirname "$0")"
tools=${CROSS_COMPILE:-riscv64-linux-gnu-}
command -v "${tools}gcc" >/dev/null || {
    echo "build.sh: ${tools}gcc is missing: apt install gcc-riscv64-linux-gnu" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# No path, time or random number of this machine may reach the image.
"${tools}gcc" -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -mno-relax -msmall-data-limit=0 \
    -std=gnu11 -O2 -ffreestanding -nostdlib -nostartfiles -static -fno-pic -no-pie -fno-stack-protector \
    -fno-strict-aliasing -fno-jump-tables -fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables \
    -fno-common -ffile-prefix-map="$PWD"=. -frandom-seed=drill \
    -Wall -Wextra -Werror -Wshadow -Wconversion -Wmissing-prototypes \
    -Wl,--build-id=none -Wl,--no-relax -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
    -Wl,-T,src/drill.ld -o "$work/drill.elf" src/boot.S \
    $(LC_ALL=C ls src/*.c)
"${tools}objcopy" -O binary "$work/drill.elf" "$work/drill.img"

if [ "${1-}" = --check ]; then
    cmp "$work/drill.img" drill.img && echo "drill.img is what the sources say"
else
    cp "$work/drill.img" drill.img
    [ -z "${KEEP_ELF-}" ] || cp "$work/drill.elf" "$KEEP_ELF"
fi
