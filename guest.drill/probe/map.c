#include "attempt.h"
#include "memory.h"
#include "probe.h"


#define MANY 16 /* pages in a row of which only words are read */

/* The widths at which the first bytes of a page can be read, as a set of 1, 2, 4 and 8. What answers to neither a byte
 * nor a word is taken for nothing, since most pages are. */
static uint32_t widths(uint64_t page)
{
	uint32_t set = 0;
	uint64_t ignored;
	if (!try_load(page, 4, &ignored) && !try_load(page, 1, &ignored))
		return 0;
	for (uint32_t bytes = 1; bytes <= 8; bytes *= 2)
		if (try_load(page, bytes, &ignored))
			set |= bytes;
	return set;
}

static void print_widths(uint32_t set)
{
	for (uint32_t bytes = 1; bytes <= 8; bytes *= 2)
		if (set & bytes)
			print(" %lu", (uint64_t)bytes);
	print("\n");
}

static void range(uint64_t from, uint64_t to, uint32_t set)
{
	print("map %lx-%lx =", from, to - 1);
	print_widths(set);
	for (uint64_t page = from; page < to; page += PAGE)
		probe_page(page, to - from <= MANY * PAGE);
}

void probe_map(void)
{
	uint64_t from = 0;
	uint32_t set = 0;
	for (uint64_t page = 0; page <= machine.memory_base; page += PAGE) {
		uint32_t here = page < machine.memory_base ? widths(page) : 0;
		if (here == set)
			continue;
		if (set != 0)
			range(from, page, set);
		from = page;
		set = here;
	}
	uint64_t end = machine.memory_base + machine.memory_size;
	print("map %lx-%lx =", machine.memory_base, end - 1);
	print_widths(widths(machine.memory_base) & widths(end - PAGE));
	print("map end of memory = %lx\n", (uint64_t)widths(end));
	for (uint32_t bit = 31; bit < 56; bit++)
		if (1ul << bit >= end)
			print("map 2^%lu = %lx\n", (uint64_t)bit, (uint64_t)widths(1ul << bit));
}

/* Reading it says nothing that is the same every time. */
static bool is_clock(uint64_t address)
{
	return (machine.clint != 0 && address - (machine.clint + 0xbff8) < 8)
		|| (machine.rtc != 0 && address - machine.rtc < 8);
}

/* boot.S: whether all words from here to there are zero. */
uint64_t all_zeros(uint64_t from, uint64_t to);

static void faults(uint64_t from, uint64_t to, uint32_t bytes)
{
	if (from != to)
		print("register %lx-%lx/%lu = fault\n", from, to - 1, (uint64_t)bytes);
}

void probe_page(uint64_t page, bool all_widths)
{
	struct attempt zeros = { all_zeros, page, page + PAGE, 0, 0, 0, 0 };
	if (!all_widths && attempt(&zeros) && zeros.result)
		return;
	for (uint32_t bytes = all_widths ? 1 : 4; bytes <= (all_widths ? 8 : 4); bytes *= 2) {
		uint64_t value, fault_from = page;
		for (uint64_t at = page; at < page + PAGE; at += bytes) {
			if (!try_load(at, bytes, &value))
				continue;
			faults(fault_from, at, bytes);
			fault_from = at + bytes;
			if (is_clock(at))
				print("register %lx/%lu = a clock\n", at, (uint64_t)bytes);
			else if (value != 0)
				print("register %lx/%lu = %lx\n", at, (uint64_t)bytes, value);
		}
		faults(fault_from, page + PAGE, bytes);
	}
}

extern char _image_start[], _image_end[];

/* What a guest finds in memory beside itself and the device tree. */
void probe_memory(void)
{
	uint64_t found = 0, first = 0, tree = (uint64_t)machine.tree;
	for (uint64_t page = machine.memory_base; page < machine.memory_base + machine.memory_size; page += PAGE) {
		if ((page >= (uint64_t)_image_start && page < (uint64_t)_image_end) || (page >= tree && page - tree < 2 << 20)
				|| widths(page) == 0)
			continue;
		for (uint64_t at = page; at < page + PAGE; at += 8)
			if (*(volatile uint64_t *)at != 0 && found++ == 0)
				first = at;
	}
	print("memory that is not zero = %lu words", found);
	print(found == 0 ? "\n" : " from %lx\n", first);
}
