#!/usr/bin/env bash
# Drives both samples by the drivers of a real Linux: boots the unmodified Debian kernel for riscv64 with virtio-rng and
# virtio-console, replaces both devices under their drivers again and again, moves the machine to a process that has other
# versions and from there to a third, and compares every line that went through the console. Says PASS or FAIL.
#
#   samples/linux/run.sh [SWAPS]     how often each device is replaced, 10 times by itself
#
# Needs apt, gcc-riscv64-linux-gnu, cpio and xz-utils (Debian packages), and downloads about 110 MB at its first run. All it
# makes is in samples/linux/target. Not part of ./sterna test.
#
# DEBIAN_MIRROR   a mirror of Debian, instead of the one that this machine's apt uses
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$here/target
cache=$work/cache
sterna=$root/sterna
readonly RELEASE=trixie
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
readonly PATIENCE=${STERNA_PATIENCE:-120}
readonly BURST=20

case ${1:-10} in *[!0-9]* | '') sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac
swaps=${1:-10}

fail() {
    echo "FAIL: $*"
    exit 1
}

for tool in apt-get dpkg-deb riscv64-linux-gnu-gcc cpio xz mvn; do
    command -v $tool > /dev/null || fail "$tool is missing (Debian: apt install gcc-riscv64-linux-gnu cpio xz-utils maven)"
done

fetch_kernel() {
    local mirror apt kernel
    [ ! -d "$cache/kernel" ] || return 0
    mirror=${DEBIAN_MIRROR:-$(grep -hsE '^(URIs:|deb )' /etc/apt/sources.list.d/* /etc/apt/sources.list |
        sed -nE 's/^(URIs:|deb( \[.*\])?) +([a-z]+:[^ ]*\/debian\/?)( .*)?$/\3/p' | head -n 1 || true)}
    [ -n "$mirror" ] || fail "apt of this machine has no mirror of Debian; give one as DEBIAN_MIRROR"
    mkdir -p "$cache/lists/partial" "$cache/archives/partial"
    echo "deb [arch=riscv64 signed-by=$KEYRING] $mirror $RELEASE main" > "$cache/sources.list"
    : > "$cache/status"
    apt=(-qq -o Dir::Etc::SourceList="$cache/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$cache/lists"
        -o Dir::State::Status="$cache/status" -o Dir::Cache="$cache" -o APT::Architecture=riscv64 -o APT::Architectures=riscv64
        -o APT::Sandbox::User=root)
    echo "fetching the kernel of Debian $RELEASE for riscv64 ..."
    apt-get "${apt[@]}" update
    kernel=$(apt-cache "${apt[@]}" depends linux-image-riscv64 | awk '/Depends:/ {print $2; exit}')
    (cd "$cache" && apt-get "${apt[@]}" download "$kernel" && dpkg-deb -x "$kernel"_*.deb kernel.new && rm "$kernel"_*.deb)
    mv "$cache/kernel.new" "$cache/kernel"
}

make_initrd() {
    local modules=$(echo "$cache"/kernel/usr/lib/modules/*/kernel) module
    rm -rf "$work/initrd" && mkdir -p "$work/initrd/modules"
    riscv64-linux-gnu-gcc -march=rv64imac -mabi=lp64 -O2 -Wall -Wextra -Werror -static -nostdlib -ffreestanding \
        -fno-stack-protector -fno-pic -Wl,-e,start,--no-relax -o "$work/initrd/init" "$here/init.c"
    for module in drivers/virtio/virtio_mmio drivers/char/hw_random/virtio-rng; do
        xz -dc "$modules/$module.ko.xz" > "$work/initrd/modules/${module##*/}.ko"
        # Without signature and debug types, which take the guest longer to read than all the rest.
        riscv64-linux-gnu-strip --strip-unneeded -R .BTF "$work/initrd/modules/${module##*/}.ko"
    done
    (cd "$work/initrd" && find . -print0 | LC_ALL=C sort -z | cpio --quiet --null -o -H newc -R 0:0 > "$work/initrd.cpio")
}

# make_sample TYPE VERSION: a jar of a sample in a folder of its version.
make_sample() {
    rm -rf "$work/$1" && mkdir -p "$work/$1" "$work/$2"
    cp -r "$root/samples/$1/pom.xml" "$root/samples/$1/src" "$work/$1"
    sed -i "0,/<version>1.0.0</s//<version>$2</" "$work/$1/pom.xml"
    (cd "$work/$1" && JAVA_HOME=$("$sterna" jdk) mvn -q -B -ntp -Dmaven.test.skip=true \
        -Dsterna.repository="file://$root/cnf/repository" package) > "$work/$1.log" 2>&1 ||
        { cat "$work/$1.log"; fail "$1 cannot be built"; }
    cp "$work/$1"/target/*.jar "$work/$2"
}

# await WHAT CONDITION...: looks until a command succeeds.
await() {
    local what=$1 end=$((SECONDS + PATIENCE))
    shift
    until "$@"; do
        ! says 'LINUX failed' "$work/serial" || fail "the guest says: $(grep 'LINUX failed' "$work/serial")"
        [ $SECONDS -lt $end ] || fail "waited $PATIENCE s in vain for $what; see $work/*.log"
        sleep 0.05
    done
}

says() { # TEXT FILE
    grep -q "$1" "$2" 2> /dev/null
}

lines() {
    wc -l < "$1"
}

answered() { # COUNT
    [ "$(lines "$work/output")" -ge "$1" ]
}

# How often the guest has said that it goes on reading random bytes.
reads() {
    grep -c 'LINUX random reads' "$work/serial" || true
}

read_more_than() { # COUNT
    [ "$(reads)" -gt "$1" ]
}

# Types lines into the console, in bursts of which the next one comes as soon as the guest has answered the last.
type_lines() {
    local count=0 i
    while [ ! -e "$work/enough" ]; do
        for ((i = 0; i < BURST; i++, count++)); do
            printf '%06d %.*s\n' $count $((count * 37 % 200)) "$filler"
        done >> "$work/input"
        until answered $count || [ -e "$work/enough" ]; do
            sleep 0.05
        done
    done
}

# goes_on STEP: both drivers get what they want of their devices, from now on too.
goes_on() {
    local before_lines before_reads
    before_lines=$(lines "$work/output")
    before_reads=$(reads)
    await "an answer of the guest after $1" answered $((before_lines + 2 * BURST))
    await "random bytes for the guest after $1" read_more_than "$before_reads"
    echo "after $1 the guest has answered $(lines "$work/output") lines"
}

# The options that map the files into another process.
host() {
    printf -- '--map %s ' "/virtio-console@0.input=$work/input" "/virtio-console@0.output=$work/output" /serial@0.backend=file \
        "/serial@0.path=$work/serial"
}

receive() { # NAME VERSION
    # shellcheck disable=SC2046 # one option and one argument each
    "$sterna" receive --once --name "$1" --listen "unix:$sockets/$1" --control "$(control "$1")" --allow-path "$work" \
        --watch "$work/$2" $(host) \
        > "$work/$1.log" 2>&1 &
    processes+=($!)
    await "the process $1" test -S "$sockets/$1"
}

control() {
    echo "unix:$sockets/$1.control"
}

migrate() { # FROM TO
    "$sterna" migrate "$(control "$1")" "unix:$sockets/$2" > "$work/migrate-$2.log" 2>&1 ||
        { cat "$work/migrate-$2.log"; fail "the migration from $1 to $2"; }
    tail -n 1 "$work/migrate-$2.log"
}

mkdir -p "$work"
fetch_kernel
make_initrd
"$sterna" build
for type in virtio-rng virtio-console; do
    for version in 1.0.0 1.0.1; do
        make_sample $type $version
    done
done

sockets=$(mktemp -d)
processes=()
end() {
    touch "$work/enough"
    [ ${#processes[@]} -eq 0 ] || kill "${processes[@]}" 2> /dev/null || true
    rm -rf "$sockets"
}
trap end EXIT
export STERNA_NO_BUILD=1
rm -rf "$work/watched" "$work/enough" "$work/output" "$work/serial"
mkdir "$work/watched"
: > "$work/input"
filler=$(printf 'x%.0s' {1..200})

cp "$work"/1.0.0/*.jar "$work/watched"
"$sterna" run --name first --control "$(control first)" --watch "$work/watched" --memory 256M \
    --kernel "$(echo "$cache"/kernel/boot/vmlinux-*)" --initrd "$work/initrd.cpio" \
    --append "console=ttyS0 rdinit=/init cryptomgr.notests=1 initcall_blacklist=jent_mod_init" \
    --device "serial,backend=file,path=$work/serial" --device virtio-rng \
    --device "virtio-console,input=$work/input,output=$work/output" > "$work/first.log" 2>&1 &
processes+=($!)
await "Linux" says 'LINUX ready' "$work/serial"
grep -m 2 LINUX "$work/serial"
says 'LINUX rng virtio_rng' "$work/serial" || fail "the kernel does not take its random bytes from virtio-rng"
type_lines &
typist=$!
goes_on "its start"

cp "$work"/1.0.1/*.jar "$work/watched"
for ((i = 1; i <= swaps; i++)); do
    for type in virtio-rng virtio-console; do
        "$sterna" swap "$(control first)" "/$type@0" 1.0.$((i % 2)) > "$work/swap.log" 2>&1 ||
            { cat "$work/swap.log"; fail "swap $i of $type"; }
    done
done
goes_on "$swaps swaps of each device"

receive second 1.0.0
migrate first second
goes_on "its first migration, to versions 1.0.0"
receive third 1.0.1
migrate second third
goes_on "its second migration, to versions 1.0.1"

touch "$work/enough"
wait $typist
cp "$work/input" "$work/typed"
await "the last answer" answered "$(lines "$work/typed")"
echo end >> "$work/input"
await "the end of the guest" says 'LINUX ends' "$work/serial"
for process in "${processes[@]}"; do
    wait "$process" || fail "a process has ended with $?; see $work/{first,second,third}.log"
done
sed 's/^/linux: /' "$work/typed" | cmp - "$work/output" || fail "the guest's answers in $work/output are not what was typed"
! grep -E 'LINUX failed|Oops|BUG:|WARNING:|panic|stall|blocked for more|is not a head' "$work/serial" ||
    fail "the kernel complains"
echo "PASS: $(lines "$work/output") lines, and random bytes $(reads)000 times, over $swaps swaps of each device and 2 migrations"
