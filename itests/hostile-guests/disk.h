/* As much of a driver for virtio-blk (virtio 1.3, sections 2.7, 4.2.2, 5.2) as it takes to misuse one. */
#ifndef DISK_H
#define DISK_H

#include "guest.h"

#define SLOTS 0x10001000ul
#define SLOT_BYTES 0x1000ul
#define SLOT_COUNT 8

#define MAGIC 0x000
#define VERSION 0x004
#define DEVICE_ID 0x008
#define DRIVER_FEATURES 0x020
#define DRIVER_FEATURES_SEL 0x024
#define QUEUE_SEL 0x030
#define QUEUE_SIZE_MAX 0x034
#define QUEUE_SIZE 0x038
#define QUEUE_READY 0x044
#define QUEUE_NOTIFY 0x050
#define STATUS 0x070
#define QUEUE_DESC 0x080
#define QUEUE_DRIVER 0x090
#define QUEUE_DEVICE 0x0a0
#define CONFIG 0x100

#define ACKNOWLEDGE 1
#define DRIVER 2
#define DRIVER_OK 4
#define FEATURES_OK 8

#define F_FLUSH (1ul << 9)
#define F_CONFIG_WCE (1ul << 11)
#define F_MQ (1ul << 12)
#define F_INDIRECT (1ul << 28)
#define F_VERSION_1 (1ul << 32)

#define DESC_NEXT 1
#define DESC_WRITE 2
#define DESC_INDIRECT 4

#define T_IN 0
#define T_FLUSH 4
#define T_UNKNOWN 99

struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

/* The header of a request. */
struct header {
	uint32_t type, reserved;
	uint64_t sector;
};

#define MAX_ENTRIES 1024

struct available {
	uint16_t flags, index, entries[MAX_ENTRIES], event;
};

struct used {
	volatile uint16_t flags, index;
	struct {
		volatile uint32_t id, length;
	} entries[MAX_ENTRIES];
	volatile uint16_t event;
};

/* The registers of the first modern disk; says so and stops if there is none. */
static inline uint64_t disk_find(void)
{
	for (uint64_t slot = SLOTS; slot < SLOTS + SLOT_COUNT * SLOT_BYTES; slot += SLOT_BYTES) {
		uint64_t traps = trap_count;
		uint32_t magic = read32(slot + MAGIC);
		if (trap_count == traps && magic == 0x74726976 && read32(slot + VERSION) == 2 && read32(slot + DEVICE_ID) == 2)
			return slot;
	}
	print("HOSTILE has no disk\n");
	for (;;)
		asm volatile("wfi");
}

/* Resets the disk and accepts features. */
static inline void disk_start(uint64_t disk, uint64_t features)
{
	write32(disk + STATUS, 0);
	while (read32(disk + STATUS))
		;
	write32(disk + STATUS, ACKNOWLEDGE | DRIVER);
	features |= F_VERSION_1;
	write32(disk + DRIVER_FEATURES_SEL, 0);
	write32(disk + DRIVER_FEATURES, (uint32_t)features);
	write32(disk + DRIVER_FEATURES_SEL, 1);
	write32(disk + DRIVER_FEATURES, (uint32_t)(features >> 32));
	write32(disk + STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
	if (!(read32(disk + STATUS) & FEATURES_OK))
		print("HOSTILE features refused\n");
}

static inline void disk_queue(uint64_t disk, uint32_t queue, uint32_t size, const void *table, const void *available,
	const void *used)
{
	write32(disk + QUEUE_SEL, queue);
	write32(disk + QUEUE_SIZE, size);
	write32(disk + QUEUE_DESC, (uint32_t)(uint64_t)table);
	write32(disk + QUEUE_DESC + 4, 0);
	write32(disk + QUEUE_DRIVER, (uint32_t)(uint64_t)available);
	write32(disk + QUEUE_DRIVER + 4, 0);
	write32(disk + QUEUE_DEVICE, (uint32_t)(uint64_t)used);
	write32(disk + QUEUE_DEVICE + 4, 0);
	write32(disk + QUEUE_READY, 1);
}

static inline void disk_go(uint64_t disk)
{
	write32(disk + STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
}

static inline struct descriptor describe(const volatile void *buffer, uint32_t length, int flags, uint32_t next)
{
	return (struct descriptor){ (uint64_t)buffer, length, (uint16_t)flags, (uint16_t)next };
}

#endif
