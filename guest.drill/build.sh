#!/bin/sh
# Builds drill.img, probe.img and watch.img byte for byte as they are committed, given Debian's gcc-riscv64-linux-gnu (12.2).
#   build.sh           writes the images
#   build.sh --check   compares what it builds with the committed images
# KEEP_ELF=DIR keeps the ELF files there.
set -eu
cd "$(dirname "$0")"
tools=${CROSS_COMPILE:-riscv64-linux-gnu-}
command -v "${tools}gcc" >/dev/null || {
    echo "build.sh: ${tools}gcc is missing: apt install gcc-riscv64-linux-gnu" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# No path, time or random number of this machine may reach an image.
build() {
    image=$1
    shift
    "${tools}gcc" -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -mno-relax -msmall-data-limit=0 \
        -std=gnu11 -O2 -ffreestanding -nostdlib -nostartfiles -static -fno-pic -no-pie -fno-stack-protector \
        -fno-strict-aliasing -fno-jump-tables -fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables \
        -fno-common -ffile-prefix-map="$PWD"=. -frandom-seed="$image" \
        -Wall -Wextra -Werror -Wshadow -Wconversion -Wmissing-prototypes -Isrc \
        -Wl,--build-id=none -Wl,--no-relax -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
        -Wl,-T,src/drill.ld -o "$work/$image.elf" "$@"
    "${tools}objcopy" -O binary "$work/$image.elf" "$work/$image.img"
    if [ "$check" ]; then
        cmp "$work/$image.img" "$image.img" && echo "$image.img is what the sources say"
    else
        cp "$work/$image.img" "$image.img"
        [ -z "${KEEP_ELF-}" ] || cp "$work/$image.elf" "$KEEP_ELF"
    fi
}

check=
[ "${1-}" != --check ] || check=yes
export LC_ALL=C
build drill src/boot.S src/*.c
build probe probe/*.S probe/*.c src/console.c src/fdt.c src/memory.c
build watch watch/watch.S
