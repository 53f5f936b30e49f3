#include "fdt.h"
#include "memory.h"

#define FDT_MAGIC 0xd00dfeed
#define FDT_BEGIN_NODE 1
#define FDT_END_NODE 2
#define FDT_PROPERTY 3
#define FDT_NOP 4

static uint32_t big_endian(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

uint64_t fdt_number(const uint8_t *cells, uint32_t count)
{
	uint64_t number = 0;
	for (uint32_t i = 0; i < count; i++)
		number = number << 32 | big_endian(cells + 4 * i);
	return number;
}

static uint32_t align(uint32_t length)
{
	return (length + 3) & ~3u;
}

bool fdt_open(struct fdt *tree, const void *blob)
{
	const uint8_t *header = blob;
	if (blob == NULL || ((uint64_t)blob & 3) != 0 || big_endian(header) != FDT_MAGIC || big_endian(header + 24) > 17)
		return false;
	tree->cursor = header + big_endian(header + 8);
	tree->end = tree->cursor + big_endian(header + 36);
	tree->strings = header + big_endian(header + 12);
	tree->depth = -1;
	return true;
}

static void enter_bus(struct fdt *tree)
{
	struct fdt_bus *bus = &tree->buses[tree->depth];
	bus->address_cells = fdt_cell(tree, "#address-cells", 2);
	bus->size_cells = fdt_cell(tree, "#size-cells", 1);
	bus->ranges = fdt_property(tree, "ranges", &bus->ranges_length);
}

bool fdt_next(struct fdt *tree)
{
	while (tree->cursor < tree->end) {
		uint32_t token = big_endian(tree->cursor);
		tree->cursor += 4;
		if (token == FDT_BEGIN_NODE) {
			tree->name = (const char *)tree->cursor;
			uint32_t length = 0;
			while (tree->name[length] != 0)
				length++;
			tree->cursor += align(length + 1);
			tree->properties = tree->cursor;
			if (++tree->depth >= FDT_DEPTH)
				return false;
			enter_bus(tree);
			return true;
		}
		if (token == FDT_END_NODE)
			tree->depth--;
		else if (token == FDT_PROPERTY)
			tree->cursor += 8 + align(big_endian(tree->cursor));
		else if (token != FDT_NOP)
			return false;
	}
	return false;
}

const void *fdt_property(const struct fdt *tree, const char *name, uint32_t *length)
{
	const uint8_t *at = tree->properties;
	while (at < tree->end) {
		uint32_t token = big_endian(at);
		at += 4;
		if (token == FDT_NOP)
			continue;
		if (token != FDT_PROPERTY)
			return NULL;
		*length = big_endian(at);
		if (text_equal((const char *)tree->strings + big_endian(at + 4), name))
			return at + 8;
		at += 8 + align(*length);
	}
	return NULL;
}

uint32_t fdt_cell(const struct fdt *tree, const char *name, uint32_t otherwise)
{
	uint32_t length;
	const uint8_t *value = fdt_property(tree, name, &length);
	return value != NULL && length >= 4 ? big_endian(value) : otherwise;
}

bool fdt_compatible(const struct fdt *tree, const char *name)
{
	uint32_t length;
	const char *value = fdt_property(tree, "compatible", &length);
	if (value == NULL)
		return false;
	for (uint32_t i = 0; i < length; i++)
		if ((i == 0 || value[i - 1] == 0) && text_equal(value + i, name))
			return true;
	return false;
}

/* Takes an address of the bus to that of its parent; a bus with empty ranges shares the parent's addresses. */
static uint64_t translate(const struct fdt_bus *bus, const struct fdt_bus *parent, uint64_t address)
{
	uint32_t size_at = bus->address_cells + parent->address_cells;
	uint32_t entry = 4 * (size_at + bus->size_cells);
	for (uint32_t i = 0; bus->ranges != NULL && i + entry <= bus->ranges_length; i += entry) {
		const uint8_t *range = bus->ranges + i;
		uint64_t from = fdt_number(range, bus->address_cells);
		if (address >= from && address - from < fdt_number(range + 4 * size_at, bus->size_cells))
			return address - from + fdt_number(range + 4 * bus->address_cells, parent->address_cells);
	}
	return address;
}

bool fdt_reg(const struct fdt *tree, uint64_t *address, uint64_t *size)
{
	if (tree->depth < 1)
		return false;
	const struct fdt_bus *bus = &tree->buses[tree->depth - 1];
	uint32_t length;
	const uint8_t *reg = fdt_property(tree, "reg", &length);
	if (reg == NULL || length < 4 * (bus->address_cells + bus->size_cells))
		return false;
	*address = fdt_number(reg, bus->address_cells);
	*size = fdt_number(reg + 4 * bus->address_cells, bus->size_cells);
	for (; bus > tree->buses; bus--)
		*address = translate(bus, bus - 1, *address);
	return true;
}
