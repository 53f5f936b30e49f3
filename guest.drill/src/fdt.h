/* A reader of flattened device trees (Devicetree specification 0.4, chapter 5), node by node in their order. */
#ifndef FDT_H
#define FDT_H

#include <stdbool.h>
#include <stdint.h>

#define FDT_DEPTH 8

/* How the children of one node are addressed (specification, 2.3.5 and 2.3.8). */
struct fdt_bus {
	uint32_t address_cells, size_cells;
	const uint8_t *ranges;
	uint32_t ranges_length;
};

struct fdt {
	const uint8_t *strings, *cursor, *end;
	int depth;
	struct fdt_bus buses[FDT_DEPTH];
	/* The current node. */
	const char *name;
	const uint8_t *properties;
};

/* False if there is no device tree of a known version at that address. */
bool fdt_open(struct fdt *tree, const void *blob);

/* Goes to the next node; false after the last. The root has depth 0. */
bool fdt_next(struct fdt *tree);

/* A property of the current node, or NULL. */
const void *fdt_property(const struct fdt *tree, const char *name, uint32_t *length);

/* A property of one big-endian cell, or the other value if the node has none. */
uint32_t fdt_cell(const struct fdt *tree, const char *name, uint32_t otherwise);

/* Whether the current node names this among its compatible strings. */
bool fdt_compatible(const struct fdt *tree, const char *name);

/* The first entry of reg, translated to a processor's address; false if there is none. */
bool fdt_reg(const struct fdt *tree, uint64_t *address, uint64_t *size);

uint64_t fdt_number(const uint8_t *cells, uint32_t count);

#endif
