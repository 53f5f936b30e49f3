#include "check.h"
#include "console.h"

#define PRINTED_PER_PERIOD 32

uint64_t checks[KINDS];
static uint64_t violations, printed;

static const char *name(enum kind kind)
{
	switch (kind) {
	case RAM: return "ram";
	case DISK: return "disk";
	case CLOCK: return "clock";
	case SERIAL: return "serial";
	case IRQ: return "irq";
	case CPU: return "cpu";
	default: return "boot";
	}
}

void violation(enum kind kind, const char *format, ...)
{
	violations++;
	if (printed++ >= PRINTED_PER_PERIOD)
		return;
	va_list arguments;
	va_start(arguments, format);
	print("DRILL violation %s ", name(kind));
	print_list(format, arguments);
	print("\n");
	va_end(arguments);
}

uint64_t checks_total(void)
{
	uint64_t total = 0;
	for (int kind = 0; kind < KINDS; kind++)
		total += checks[kind];
	return total;
}

uint64_t violations_total(void)
{
	return violations;
}

void violations_period(void)
{
	if (printed > PRINTED_PER_PERIOD)
		print("DRILL suppressed violations=%lu\n", printed - PRINTED_PER_PERIOD);
	printed = 0;
}
