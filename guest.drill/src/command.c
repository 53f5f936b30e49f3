#include "command.h"
#include "blk.h"
#include "check.h"
#include "clock.h"
#include "console.h"
#include "cpu.h"
#include "disk.h"
#include "memory.h"
#include "pvclock.h"
#include "ram.h"
#include "uart.h"

static char line[128];
static uint32_t length;

void command_report(void)
{
	static uint64_t sequence;
	violations_period();
	print("DRILL report seq=%lu checks=%lu violations=%lu ram=%lu disk=%lu clock=%lu blackout_ns=%lu pvclock=%s"
		" features=%lx barriers=%lu\n", ++sequence, checks_total(), violations_total(), checks[RAM], checks[DISK], checks[CLOCK],
		pvclock_on() ? pvclock_blackout() : clock_largest_gap(), pvclock_on() ? "on" : "off", blk_features(),
		disk_rounds());
}

static void run(void)
{
	const char *rate = text_after(line, "rate ");
	uint64_t number;
	if (text_equal(line, "pvclock on")) {
		pvclock_switch(true);
	} else if (text_equal(line, "pvclock off")) {
		pvclock_switch(false);
	} else if (rate != NULL && text_number(rate, &number)) {
		ram_rate(number);
		print("DRILL rate %lu\n", number);
	} else if (text_equal(line, "report")) {
		command_report();
	} else if (text_equal(line, "stop")) {
		command_report();
		print("DRILL stop\n");
		cpu_off();
	} else {
		print("DRILL unknown %s\n", line);
	}
}

void command_poll(void)
{
	for (int c; (c = uart_get()) >= 0;) {
		if (c != '\r' && c != '\n') {
			if (length < sizeof line - 1)
				line[length++] = c >= ' ' && c < 0x7f ? (char)c : '?';
			continue;
		}
		while (length > 0 && line[length - 1] == ' ')
			length--;
		line[length] = 0;
		if (length > 0)
			run();
		length = 0;
	}
}
