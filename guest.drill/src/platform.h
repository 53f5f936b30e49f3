/* What the device tree says about the machine, and the bootargs; read once, before any memory is given away. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#define VIRTIO_SLOTS 16

/* A device's registers and its PLIC source; base 0 = there is none. */
struct slot {
	uint64_t base;
	uint32_t irq;
};

struct platform {
	uint64_t memory_base, memory_size;
	uint64_t timebase; /* ticks of the time counter per second */
	struct slot uart, pvclock;
	uint32_t uart_shift;
	uint64_t plic;
	uint32_t plic_context; /* of this hart's S-mode */
	struct slot virtio[VIRTIO_SLOTS];
	uint32_t virtio_count;
	char bootargs[1024];
};

extern struct platform platform;

/* False if there is no usable tree. */
bool platform_read(uint64_t hart, const void *tree);

#endif
