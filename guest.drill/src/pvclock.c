#include "pvclock.h"
#include "arch.h"
#include "check.h"
#include "clock.h"
#include "console.h"

#define MAGIC 0x4b435650 /* "PVCK" */
#define REGISTER_MAGIC 0x00
#define REGISTER_VERSION 0x04
#define REGISTER_FEATURES 0x08
#define REGISTER_SYSTEM_TIME 0x10
#define REGISTER_WALL_CLOCK 0x18
#define FEATURE_GUEST_STOPPED 2
#define FLAG_GUEST_STOPPED 2u
#define ENABLE 1
#define ATTEMPTS 1000000
#define TOLERANCE 1000000 /* ns: rounding of the factor, never a blackout */

/* struct pvclock_vcpu_time_info (Linux, Documentation/virt/kvm/x86/msr.rst): odd version = being written. */
struct time_info {
	volatile uint32_t version;
	uint32_t pad;
	volatile uint64_t tsc_timestamp; /* ticks of the time counter */
	volatile uint64_t system_time;   /* ns at tsc_timestamp */
	volatile uint32_t tsc_to_system_mul;
	volatile int8_t tsc_shift;
	volatile uint8_t flags;
	uint8_t pad2[2];
};
_Static_assert(sizeof(struct time_info) == 32, "as KVM has it");

struct wall_clock {
	volatile uint32_t version, seconds, nanoseconds;
};

struct reading {
	uint64_t ticks, time; /* the time counter, and the clock's time in ns at that tick */
	bool stopped;
};

static uint64_t base;
static bool registered;
/* A page for itself, so that what is lost with the page is lost alone. */
static struct {
	struct time_info time;
	struct wall_clock wall;
} __attribute__((aligned(4096))) page;
static uint64_t epoch_ticks, epoch_time; /* when it was registered */
static uint64_t last_time;
static int64_t ahead; /* of the time counter, ns since registration */
static uint64_t wall_at_zero;

void pvclock_start(uint64_t address)
{
	if (address == 0)
		return;
	uint64_t magic = mmio_read32(address + REGISTER_MAGIC), version = mmio_read32(address + REGISTER_VERSION);
	if (check(BOOT, magic == MAGIC && version == 1, "pvclock magic=%lx version=%lu", magic, version))
		base = address;
}

bool pvclock_on(void)
{
	return registered;
}

uint64_t pvclock_blackout(void)
{
	return (uint64_t)(ahead < 0 ? -ahead : ahead);
}

static uint64_t scale(const struct time_info *info, uint64_t ticks)
{
	int shift = info->tsc_shift;
	ticks = shift >= 0 ? ticks << shift : ticks >> -shift;
	return (uint64_t)((unsigned __int128)ticks * info->tsc_to_system_mul >> 32) + info->system_time;
}

/* The host may write the same word meanwhile, so this must be one access. */
static void acknowledge(void)
{
	uint32_t *word = (uint32_t *)&page.time.tsc_shift;
	__atomic_fetch_and(word, ~(FLAG_GUEST_STOPPED << 8), __ATOMIC_SEQ_CST);
}

static bool read_clock(struct reading *reading)
{
	struct time_info *info = &page.time;
	uint64_t version = 0, stamp = 0;
	int attempt = 0;
	for (; attempt < ATTEMPTS; attempt++) {
		version = info->version;
		barrier();
		stamp = info->tsc_timestamp;
		reading->stopped = info->flags & FLAG_GUEST_STOPPED;
		reading->ticks = read_time();
		reading->time = scale(info, reading->ticks - stamp);
		barrier();
		if (version == info->version && !(version & 1))
			break;
	}
	return check(CLOCK, attempt < ATTEMPTS, "pvclock version=%lu stays odd", version)
		&& check(CLOCK, version != 0, "pvclock page was never written")
		&& check(CLOCK, reading->ticks >= stamp, "pvclock tsc_timestamp=%lu is after the time counter %lu", stamp,
			reading->ticks);
}

/* The wall clock at system time 0; asking for it costs the host nothing, so ask each time. */
static bool read_wall(uint64_t *nanoseconds)
{
	uint64_t before = page.wall.version;
	mmio_write64(base + REGISTER_WALL_CLOCK, (uint64_t)&page.wall);
	barrier();
	*nanoseconds = page.wall.seconds * 1000000000ul + page.wall.nanoseconds;
	uint64_t version = page.wall.version;
	return check(CLOCK, version != before && !(version & 1), "pvclock wall clock version=%lu after %lu", version, before)
		&& check(CLOCK, page.wall.nanoseconds < 1000000000, "pvclock wall clock nsec=%lu",
			(uint64_t)page.wall.nanoseconds);
}

static void switch_off(void)
{
	mmio_write64(base + REGISTER_SYSTEM_TIME, 0);
	mmio_write64(base + REGISTER_WALL_CLOCK, 0);
	registered = false;
}

static void switch_on(void)
{
	struct reading now;
	page.time.version = 0;
	barrier();
	mmio_write64(base + REGISTER_SYSTEM_TIME, (uint64_t)&page.time | ENABLE);
	barrier();
	if (!read_clock(&now)) {
		switch_off();
		return;
	}
	registered = true;
	epoch_ticks = now.ticks;
	epoch_time = last_time = now.time;
	ahead = 0;
	if (read_wall(&wall_at_zero))
		print("DRILL wall ns=%lu\n", wall_at_zero + now.time);
}

void pvclock_switch(bool on)
{
	if (base == 0) {
		if (on)
			print("DRILL pvclock missing\n");
		return;
	}
	if (on && !registered)
		switch_on();
	else if (!on && registered)
		switch_off();
	print("DRILL pvclock %s at=%lx\n", registered ? "on" : "off", (uint64_t)&page.time);
}

void pvclock_check(void)
{
	struct reading now;
	if (!registered || !read_clock(&now))
		return;
	check(CLOCK, now.time >= last_time, "pvclock went back by ns=%lu", last_time - now.time);
	last_time = now.time;

	int64_t lead = (int64_t)(now.time - epoch_time - clock_nanoseconds(now.ticks - epoch_ticks));
	int64_t step = lead - ahead;
	ahead = lead;
	uint64_t size = (uint64_t)(step < 0 ? -step : step);
	if (now.stopped)
		acknowledge();
	bool announced = now.stopped || !(mmio_read32(base + REGISTER_FEATURES) & FEATURE_GUEST_STOPPED);
	uint64_t allowed = announced ? clock_nanoseconds(clock_max_blackout()) : TOLERANCE;
	check(CLOCK, size <= allowed, "pvclock moved against the time counter by ns=%ld%s", step,
		announced ? "" : " with no pause announced");
	if (now.stopped)
		print("DRILL stopped ns=%ld\n", step);
}

void pvclock_audit(void)
{
	if (!registered)
		return;
	uint64_t wanted = (uint64_t)&page.time | ENABLE, found = mmio_read64(base + REGISTER_SYSTEM_TIME);
	check(CLOCK, found == wanted, "pvclock register=system-time expected=%lx found=%lx", wanted, found);
	uint64_t wall;
	if (!read_wall(&wall))
		return;
	/* It moves only by blackouts that the clock does not account for, and by corrections of the host's clock. */
	uint64_t moved = wall > wall_at_zero ? wall - wall_at_zero : wall_at_zero - wall;
	check(CLOCK, moved <= clock_nanoseconds(clock_max_blackout()), "pvclock wall clock moved by ns=%lu", moved);
	wall_at_zero = wall;
}
