#include "attempt.h"
#include "memory.h"
#include "probe.h"

/* Entries of a page table (privileged specification, 4.4). */
#define VALID 0x01ul
#define RIGHTS 0x0eul /* R W X */
#define ACCESSED 0x40ul
#define DIRTY 0x80ul
#define WHOLE (VALID | RIGHTS | ACCESSED | DIRTY)
#define MODE_SHIFT 60
#define ADDRESS_SPACES (0xfffful << 44)
#define SV39 8ul
#define GIGABYTE 30

/* In Sv39 each entry is a gigabyte; in a wider mode the first one maps all that there is, so the code goes on too. */
static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t data[512] __attribute__((aligned(4096)));

static void use(uint64_t satp)
{
	asm volatile("csrw satp, %0\n\tsfence.vma" : : "r"(satp) : "memory");
}

static uint64_t satp_of(uint64_t mode)
{
	return mode << MODE_SHIFT | (uint64_t)root >> 12;
}

static void probe_modes(void)
{
	for (uint64_t mode = 1; mode < 16; mode++) {
		uint64_t found;
		use(satp_of(mode) | ADDRESS_SPACES);
		asm volatile("csrr %0, satp" : "=r"(found) : : "memory");
		use(0);
		if (found == 0)
			continue;
		print("paging mode %lu = accepted, address space bits %lx\n", mode, found >> 44 & 0xffff);
	}
}

/* What an entry with some bits does on a load and on a store, and what becomes of it. */
static void probe_entry(const char *name, uint64_t flags)
{
	uint64_t index = 256 + 4, base = (uint64_t)data >> GIGABYTE;
	uint64_t address = 0xffffffc000000000ul + ((index - 256) << GIGABYTE) + ((uint64_t)data & ((1ul << GIGABYTE) - 1));
	uint64_t ignored;
	for (int store = 0; store < 2; store++) {
		root[index] = base << (GIGABYTE - 2) | flags;
		use(satp_of(SV39));
		bool good = store ? try_store(address, 8, 1) : try_load(address, 8, &ignored);
		use(0);
		print("paging entry %s %s = %s, entry then %lx\n", name, store ? "store" : "load", good ? "done" : "trap",
			(root[index] & 0x3ff) | (root[index] >> 54 << 54));
	}
}

void probe_paging(void)
{
	for (uint64_t i = 0; i < 64; i++)
		root[i] = i << (GIGABYTE - 2) | WHOLE;
	probe_modes();
	probe_entry("whole", WHOLE);
	probe_entry("not accessed", WHOLE & ~(ACCESSED | DIRTY));
	probe_entry("not dirty", WHOLE & ~DIRTY);
	probe_entry("of the user", WHOLE | 0x10);
	probe_entry("global", WHOLE | 0x20);
	probe_entry("write only", WHOLE & ~0x0aul);
	probe_entry("with the bits for software", WHOLE | 0x300);
	probe_entry("Svnapot", WHOLE | 1ul << 63);
	probe_entry("Svpbmt", WHOLE | 1ul << 61);
	probe_entry("reserved", WHOLE | 1ul << 54);
}
