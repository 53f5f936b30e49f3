/* The parts of the probe. Each prints what it finds as facts, one per line: "key = value". */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "console.h"
#include "platform.h"

/* What the parts must know of the machine; it comes from the device tree. */
struct machine {
	bool m_mode;
	const void *tree;
	uint64_t memory_base, memory_size;
	uint64_t uart, plic, clint, finisher, rtc;
	uint32_t uart_shift, plic_contexts, virtio_count;
	uint64_t virtio[VIRTIO_SLOTS];
};
extern struct machine machine;

void probe_boot(void);
void probe_tree(void);
void probe_map(void);
void probe_memory(void);
void probe_devices(void);
void probe_firmware(void);
void probe_control(void);
void probe_instructions(void);
void probe_paging(void);

/* Every answer of the page at an address; fewer widths where there are many pages. */
void probe_page(uint64_t page, bool all_widths);

#endif
