#include "arch.h"
#include "blk.h"
#include "check.h"
#include "clock.h"
#include "command.h"
#include "console.h"
#include "cpu.h"
#include "disk.h"
#include "memory.h"
#include "options.h"
#include "platform.h"
#include "plic.h"
#include "pvclock.h"
#include "ram.h"
#include "uart.h"

#define TICK 10    /* ms between two looks at what is due */
#define AUDIT 1000 /* ms between two readings of all registers */

extern char _image_end[];

void drill_main(uint64_t hart, const void *tree);

static void start_devices(void)
{
	if (platform.plic != 0)
		plic_start(platform.plic, platform.plic_context);
	if (platform.uart.base != 0) {
		uart_start(platform.uart.base, platform.uart_shift);
		plic_enable(platform.uart.irq, uart_interrupt);
	}
	cpu_start(options.paging);
	pvclock_start(platform.pvclock.base);
	if (options.disk)
		blk_start(platform.virtio, platform.virtio_count, options.features);
}

static void start_work(void)
{
	uint64_t run = read_time(), free = (uint64_t)_image_end, end = platform.memory_base + platform.memory_size;
	if (blk_present())
		free = disk_start(free, end, options.disk_start, options.disk_blocks, options.disk_rate, run);
	ram_start(free, end, options.pages, run);
	ram_rate(options.rate);
	if (options.pvclock)
		pvclock_switch(true);
}

static void audit(void)
{
	cpu_audit();
	plic_audit();
	uart_audit();
	blk_audit();
	pvclock_audit();
}

static void work(void)
{
	uint64_t tick = clock_ticks(TICK), before = clock_now(), audit_at = before;
	uint64_t report_every = clock_ticks(options.report), audit_every = clock_ticks(AUDIT);
	uint64_t report_at = before + report_every;
	clock_arm(before);
	for (;; cpu_idle()) {
		/* The clocks first: what a report says is then true of the moment it is asked for. */
		pvclock_check();
		uint64_t now = clock_now();
		bool due = clock_due(now);
		command_poll();
		disk_poll();
		if (!due)
			continue;
		ram_work(now - before);
		disk_work(now - before);
		before = now;
		if (now >= audit_at) {
			audit();
			audit_at = now + audit_every;
		}
		if (now >= report_at) {
			command_report();
			report_at = now + report_every;
		}
		clock_arm(clock_now() + tick - least(tick / 2, clock_now() - now));
	}
}

void drill_main(uint64_t hart, const void *tree)
{
	if (!check(BOOT, platform_read(hart, tree), "no device tree with memory and a time base at %lx", (uint64_t)tree))
		cpu_off();
	options_read(platform.bootargs);
	clock_start(platform.timebase, options.max_blackout);
	start_devices();
	start_work();
	print("DRILL ready features=%lx\n", blk_features());
	work();
}
