#include "fdt.h"
#include "memory.h"
#include "probe.h"

#define HEADER_WORDS 10
#define PROPERTY 3
#define NOP 4

/* How a property is best shown: text if it is some, else cells, else bytes. */
static bool is_text(const uint8_t *value, uint32_t length)
{
	if (length < 2 || value[length - 1] != 0)
		return false;
	for (uint32_t i = 0; i < length; i++)
		if (value[i] == 0 ? i == 0 || value[i - 1] == 0 : value[i] < ' ' || value[i] > '~')
			return false;
	return true;
}

static void print_value(const uint8_t *value, uint32_t length)
{
	if (length == 0) {
		print("present");
	} else if (is_text(value, length)) {
		for (uint32_t i = 0; i < length; i++)
			if (i == 0 || value[i - 1] == 0)
				print(i == 0 ? "\"%s\"" : " \"%s\"", (const char *)value + i);
	} else if (length % 4 == 0) {
		for (uint32_t i = 0; i < length; i += 4)
			print(i == 0 ? "%lx" : " %lx", fdt_number(value + i, 1));
	} else {
		for (uint32_t i = 0; i < length; i++)
			print(i == 0 ? "byte %lx" : " %lx", (uint64_t)value[i]);
	}
}

static void print_path(const char *const *names, int depth)
{
	for (int i = 1; i <= depth; i++)
		print("/%s", names[i]);
	if (depth == 0)
		print("/");
}

static void print_properties(const struct fdt *tree, const char *const *names)
{
	for (const uint8_t *at = tree->properties; at < tree->end; at += 4) {
		uint64_t token = fdt_number(at, 1);
		if (token == NOP)
			continue;
		if (token != PROPERTY)
			return;
		uint32_t length = (uint32_t)fdt_number(at + 4, 1);
		const char *name = (const char *)tree->strings + fdt_number(at + 8, 1);
		print("tree ");
		print_path(names, tree->depth);
		print(" %s = ", name);
		if (text_equal(name, "rng-seed"))
			print("%lu bytes", (uint64_t)length); /* random, as it must be */
		else
			print_value(at + 12, length);
		print("\n");
		at += 8 + ((length + 3) & ~3u);
	}
}

static void learn(const struct fdt *tree)
{
	uint64_t address = 0, size = 0;
	uint32_t length = 0;
	fdt_reg(tree, &address, &size);
	if (text_after(tree->name, "memory@") != NULL) {
		machine.memory_base = address;
		machine.memory_size = size;
	} else if (fdt_compatible(tree, "ns16550a")) {
		machine.uart = address;
		machine.uart_shift = fdt_cell(tree, "reg-shift", 0);
	} else if (fdt_compatible(tree, "riscv,plic0")) {
		machine.plic = address;
		fdt_property(tree, "interrupts-extended", &length);
		machine.plic_contexts = length / 8;
	} else if (fdt_compatible(tree, "riscv,clint0")) {
		machine.clint = address;
	} else if (fdt_compatible(tree, "sifive,test0")) {
		machine.finisher = address;
	} else if (fdt_compatible(tree, "google,goldfish-rtc")) {
		machine.rtc = address;
	} else if (fdt_compatible(tree, "virtio,mmio") && machine.virtio_count < VIRTIO_SLOTS) {
		machine.virtio[machine.virtio_count++] = address;
	}
}

void probe_tree(void)
{
	static const char *const fields[HEADER_WORDS] = { "magic", "totalsize", "off_dt_struct", "off_dt_strings",
		"off_mem_rsvmap", "version", "last_comp_version", "boot_cpuid_phys", "size_dt_strings", "size_dt_struct" };
	const char *names[FDT_DEPTH + 1];
	const uint8_t *blob = machine.tree;
	struct fdt tree;
	if (!fdt_open(&tree, blob)) {
		print("tree = none\n");
		return;
	}
	for (uint32_t i = 0; i < HEADER_WORDS; i++)
		print("tree header %s = %lx\n", fields[i], fdt_number(blob + 4 * i, 1));
	const uint8_t *reserved = blob + fdt_number(blob + 16, 1);
	for (uint64_t i = 0; fdt_number(reserved + 8, 2) != 0; reserved += 16, i++)
		print("tree reserved %lu = %lx size %lx\n", i, fdt_number(reserved, 2), fdt_number(reserved + 8, 2));
	while (fdt_next(&tree)) {
		names[tree.depth] = tree.name;
		print("tree ");
		print_path(names, tree.depth);
		print(" = node\n");
		print_properties(&tree, names);
		learn(&tree);
	}
}
