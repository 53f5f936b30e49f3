#!/bin/sh
# Builds the images byte for byte as they are committed, given Debian's gcc-riscv64-linux-gnu (12.2).
#   build.sh           writes the images
#   build.sh --check   compares what it builds with the committed images
set -eu
cd "$(dirname "$0")"
tools=${CROSS_COMPILE:-riscv64-linux-gnu-}
command -v "${tools}gcc" >/dev/null || {
    echo "build.sh: ${tools}gcc is missing: apt install gcc-riscv64-linux-gnu" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

# No path, time or random number of this machine may reach an image.
for source in *.c; do
    guest=${source%.c}
    "${tools}gcc" -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -mno-relax -msmall-data-limit=0 \
        -std=gnu11 -O2 -ffreestanding -nostdlib -nostartfiles -static -fno-pic -no-pie -fno-stack-protector \
        -fno-strict-aliasing -fno-jump-tables -fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables \
        -fno-common -ffile-prefix-map="$PWD"=. -frandom-seed="$guest" \
        -Wall -Wextra -Werror -Wshadow -Wconversion -Wmissing-prototypes \
        -Wl,--build-id=none -Wl,--no-relax -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
        -Wl,-T,../../guest.drill/src/drill.ld -o "$work/$guest.elf" boot.S "$source"
    "${tools}objcopy" -O binary "$work/$guest.elf" "$work/$guest.img"
    if [ "${1-}" = --check ]; then
        cmp "$work/$guest.img" "$guest.img" && echo "$guest.img is what the source says"
    else
        cp "$work/$guest.img" "$guest.img"
    fi
done
