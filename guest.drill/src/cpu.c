#include "cpu.h"
#include "arch.h"
#include "check.h"
#include "clock.h"
#include "console.h"
#include "memory.h"
#include "plic.h"
#include "sbi.h"
#include "uart.h"

#define INTERRUPT (1ul << 63)
#define TIMER 5
#define EXTERNAL 9

/* Sv39 (privileged specification, 4.4): a root table of gigapages, 64 GiB identical and the same again above. */
#define GIGAPAGES 64ul
#define ALIAS (GIGAPAGES << 30)
#define LEAF 0xcf /* V R W X A D */
#define SATP_SV39 (8ul << 60)
static uint64_t root[512] __attribute__((aligned(4096)));

#define SCRATCH 0x5ca1ab1e0ddba11ul
#define IDENTITIES 4

volatile bool cpu_work;
static uint64_t satp, stvec, identities[IDENTITIES], idles;

void trap_entry(void);
void trap(uint64_t cause, uint64_t epc, uint64_t value);
extern char _image_start[];

static uint64_t identity(int which)
{
	static const uint8_t functions[IDENTITIES]
		= { SBI_SPECIFICATION_VERSION, SBI_VENDOR, SBI_ARCHITECTURE, SBI_IMPLEMENTATION };
	return sbi_base(functions[which]);
}

void cpu_start(bool paging)
{
	uint64_t version = sbi_base(SBI_SPECIFICATION_VERSION);
	check(BOOT, version >= 2, "SBI version=%lx, need 0.2", version);
	check(BOOT, sbi_has(SBI_TIME), "SBI has no timer extension");
	check(BOOT, (uint64_t)_image_start == 0x80200000, "image is at %lx", (uint64_t)_image_start);
	for (int i = 0; i < IDENTITIES; i++)
		identities[i] = identity(i);
	if (paging) {
		for (uint64_t i = 0; i < 2 * GIGAPAGES; i++)
			root[i] = (i % GIGAPAGES) << 28 | LEAF;
		satp = SATP_SV39 | (uint64_t)root >> 12;
	}
	csr_write(satp, satp);
	asm volatile("sfence.vma" : : : "memory");
	csr_write(sscratch, SCRATCH);
	stvec = (uint64_t)trap_entry;
	csr_write(sie, SIE_TIMER | SIE_EXTERNAL);
	interrupts_on();
}

void *cpu_alias(uint64_t physical)
{
	return (void *)(physical + (satp != 0 ? ALIAS : 0));
}

/* Called by trap_entry with interrupts off. */
void trap(uint64_t cause, uint64_t epc, uint64_t value)
{
	cpu_work = true;
	if (cause == (INTERRUPT | TIMER)) {
		clock_interrupt();
	} else if (cause == (INTERRUPT | EXTERNAL)) {
		plic_interrupt();
	} else {
		violation(CPU, "trap cause=%lx epc=%lx tval=%lx", cause, epc, value);
		uart_panic();
		sbi_shutdown();
		for (;;)
			asm volatile("wfi");
	}
}

void cpu_idle(void)
{
	uint64_t changed = idle(0x0123456789abcdeful * ++idles, &cpu_work);
	check(CPU, changed == 0, "registers changed while waiting: set=%lx", changed);
	cpu_work = false;
}

void cpu_audit(void)
{
	uint64_t found = csr_read(sscratch);
	check(CPU, found == SCRATCH, "csr=sscratch expected=%lx found=%lx", SCRATCH, found);
	found = csr_read(stvec);
	check(CPU, found == stvec, "csr=stvec expected=%lx found=%lx", stvec, found);
	found = csr_read(satp);
	check(CPU, found == satp, "csr=satp expected=%lx found=%lx", satp, found);
	found = csr_read(sie);
	check(CPU, found == (SIE_TIMER | SIE_EXTERNAL), "csr=sie found=%lx", found);
	for (int i = 0; i < IDENTITIES; i++) {
		found = identity(i);
		check(CPU, found == identities[i], "SBI identity=%ld expected=%lx found=%lx", (int64_t)i, identities[i], found);
	}
}

void cpu_off(void)
{
	uart_drain();
	sbi_shutdown();
	for (;;)
		asm volatile("wfi");
}
