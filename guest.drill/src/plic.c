#include "plic.h"
#include "arch.h"
#include "check.h"

#define SOURCES 64
#define PRIORITY 1

static uint64_t priorities, enables, threshold, claim;
static void (*handlers[SOURCES])(void);
static volatile uint64_t foreign;

void plic_start(uint64_t base, uint32_t context)
{
	priorities = base;
	enables = base + 0x2000 + 0x80 * (uint64_t)context;
	threshold = base + 0x200000 + 0x1000 * (uint64_t)context;
	claim = threshold + 4;
	for (uint64_t word = 0; word < SOURCES / 32; word++)
		mmio_write32(enables + 4 * word, 0);
	mmio_write32(threshold, 0);
}

void plic_enable(uint32_t irq, void (*handler)(void))
{
	if (claim == 0 || irq == 0 || irq >= SOURCES)
		return;
	handlers[irq] = handler;
	uint64_t word = enables + 4 * (irq / 32);
	mmio_write32(priorities + 4 * (uint64_t)irq, PRIORITY);
	mmio_write32(word, mmio_read32(word) | 1u << irq % 32);
}

void plic_interrupt(void)
{
	uint32_t irq;
	while ((irq = mmio_read32(claim)) != 0) {
		if (irq < SOURCES && handlers[irq] != NULL)
			handlers[irq]();
		else
			foreign = irq;
		mmio_write32(claim, irq);
	}
}

void plic_audit(void)
{
	if (claim == 0)
		return;
	uint64_t stranger = foreign;
	foreign = 0;
	check(IRQ, stranger == 0, "claimed source=%lu, which is not enabled", stranger);
	uint64_t limit = mmio_read32(threshold);
	check(IRQ, limit == 0, "register=threshold expected=0 found=%lx", limit);
	for (uint32_t word = 0; word < SOURCES / 32; word++) {
		uint64_t wanted = 0, found = mmio_read32(enables + 4 * word);
		for (uint32_t bit = 0; bit < 32; bit++) {
			uint32_t irq = 32 * word + bit;
			if (handlers[irq] == NULL)
				continue;
			wanted |= 1ul << bit;
			uint64_t priority = mmio_read32(priorities + 4 * (uint64_t)irq);
			check(IRQ, priority == PRIORITY, "register=priority source=%lu expected=1 found=%lx",
				(uint64_t)irq, priority);
		}
		check(IRQ, found == wanted, "register=enable word=%lu expected=%lx found=%lx", (uint64_t)word, wanted, found);
	}
}
