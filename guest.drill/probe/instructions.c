#include "attempt.h"
#include "memory.h"
#include "probe.h"

extern const struct {
	const char *name;
	const void *code;
} instructions[], instructions_end[];

static uint64_t scratch[2 * PAGE / 8] __attribute__((aligned(4096)));

static void outcome(const char *name, struct attempt *it)
{
	bool good = attempt(it);
	print("instruction %s = ", name);
	if (good)
		print("%lx\n", it->result);
	else if (it->value == it->epc)
		print("trap cause %lu value its address\n", it->cause);
	else if (it->value - (uint64_t)scratch < sizeof scratch)
		print("trap cause %lu value %lx into the memory\n", it->cause, it->value - (uint64_t)scratch);
	else
		print("trap cause %lu value %lx\n", it->cause, it->value);
}

void probe_instructions(void)
{
	for (uint64_t i = 0; &instructions[i] < instructions_end; i++) {
		memset(scratch, 0, sizeof scratch);
		struct attempt it = { instructions[i].code, (uint64_t)scratch, 1, 0, 0, 0, 0 };
		outcome(instructions[i].name, &it);
	}
	/* Code and atomic accesses in a device's registers. */
	struct attempt fetch = { (const void *)machine.plic, 0, 0, 0, 0, 0, 0 };
	outcome("fetch from the interrupt controller", &fetch);
	static const uint32_t amo = 0x00b5262f; /* amoadd.w a2, a1, (a0) */
	struct attempt it = { 0, machine.plic, 0, 0, 0, 0, 0 };
	bool good = try_code(&it, &amo, 1);
	print(good ? "instruction amoadd.w at the interrupt controller = done\n"
		: "instruction amoadd.w at the interrupt controller = trap cause %lu value %lx\n", it.cause, it.value);
}
