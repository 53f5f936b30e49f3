#include "platform.h"
#include "fdt.h"
#include "memory.h"

#define SUPERVISOR_EXTERNAL 9

struct platform platform;

/* phandle of this hart's own interrupt controller, by which the PLIC's contexts name it */
static uint32_t hart_controller;

static struct slot slot(const struct fdt *tree)
{
	struct slot slot = { 0, fdt_cell(tree, "interrupts", 0) };
	uint64_t size;
	fdt_reg(tree, &slot.base, &size);
	return slot;
}

static void copy_bootargs(const struct fdt *tree)
{
	uint32_t length;
	const char *text = fdt_property(tree, "bootargs", &length);
	if (text != NULL)
		memcpy(platform.bootargs, text, least(length, sizeof platform.bootargs - 1));
}

/* The PLIC numbers its contexts in the order of interrupts-extended: pairs of a hart's controller and a cause. */
static void find_context(const struct fdt *tree)
{
	uint32_t length;
	const uint8_t *pairs = fdt_property(tree, "interrupts-extended", &length);
	for (uint32_t i = 0; pairs != NULL && i < length / 8; i++)
		if (fdt_number(pairs + 8 * i, 1) == hart_controller
				&& fdt_number(pairs + 8 * i + 4, 1) == SUPERVISOR_EXTERNAL)
			platform.plic_context = i;
}

static void add_virtio(struct slot found)
{
	if (platform.virtio_count == VIRTIO_SLOTS)
		return;
	/* By address: the order of the nodes is not part of a board's promise. */
	uint32_t i = platform.virtio_count++;
	for (; i > 0 && platform.virtio[i - 1].base > found.base; i--)
		platform.virtio[i] = platform.virtio[i - 1];
	platform.virtio[i] = found;
}

static void visit(const struct fdt *tree, uint64_t hart)
{
	static uint64_t cpu = UINT64_MAX;
	uint64_t size;
	if (tree->depth == 1 && text_equal(tree->name, "cpus")) {
		platform.timebase = fdt_cell(tree, "timebase-frequency", 0);
	} else if (tree->depth == 1 && text_equal(tree->name, "chosen")) {
		copy_bootargs(tree);
	} else if (tree->depth == 1 && text_after(tree->name, "memory@") != NULL && platform.memory_size == 0) {
		fdt_reg(tree, &platform.memory_base, &platform.memory_size);
	} else if (text_after(tree->name, "cpu@") != NULL) {
		fdt_reg(tree, &cpu, &size);
		if (cpu == hart)
			platform.timebase = fdt_cell(tree, "timebase-frequency", (uint32_t)platform.timebase);
	} else if (fdt_compatible(tree, "riscv,cpu-intc")) {
		if (cpu == hart)
			hart_controller = fdt_cell(tree, "phandle", 0);
	} else if (fdt_compatible(tree, "riscv,plic0") || fdt_compatible(tree, "sifive,plic-1.0.0")) {
		platform.plic = slot(tree).base;
		find_context(tree);
	} else if (fdt_compatible(tree, "ns16550a") && platform.uart.base == 0) {
		platform.uart = slot(tree);
		platform.uart_shift = fdt_cell(tree, "reg-shift", 0);
	} else if (fdt_compatible(tree, "sterna,pvclock") && platform.pvclock.base == 0) {
		platform.pvclock = slot(tree);
	} else if (fdt_compatible(tree, "virtio,mmio")) {
		add_virtio(slot(tree));
	}
}

bool platform_read(uint64_t hart, const void *blob)
{
	struct fdt tree;
	if (!fdt_open(&tree, blob))
		return false;
	while (fdt_next(&tree))
		visit(&tree, hart);
	return platform.memory_size != 0 && platform.timebase != 0;
}
