/* Driver of a virtio block device over modern virtio-mmio: virtio 1.3, sections 2.7, 4.2 and 5.2. */
#ifndef BLK_H
#define BLK_H

#include <stdbool.h>
#include <stdint.h>

#include "platform.h"

#define BLK_SECTOR 512
#define BLK_SLOTS 8
#define BLK_SEGMENTS 4
#define BLK_SEGMENT 4096

/* Feature bits (5.2.3, 6). */
#define BLK_F_SEG_MAX (1ul << 2)
#define BLK_F_RO (1ul << 5)
#define BLK_F_BLK_SIZE (1ul << 6)
#define BLK_F_FLUSH (1ul << 9)
#define BLK_F_DISCARD (1ul << 13)
#define BLK_F_WRITE_ZEROES (1ul << 14)
#define BLK_F_INDIRECT (1ul << 28)
#define BLK_F_EVENT_IDX (1ul << 29)
#define BLK_F_VERSION_1 (1ul << 32)

enum blk_type { BLK_IN = 0, BLK_OUT = 1, BLK_FLUSH = 4, BLK_DISCARD = 11, BLK_WRITE_ZEROES = 13 };

struct blk_config {
	uint64_t capacity; /* sectors */
	uint64_t max_discard, max_write_zeroes; /* sectors */
};

/* Takes the first slot that holds a block device; false if there is none or it cannot be driven. Acks what is offered,
 * known and in the mask, and VERSION_1. */
bool blk_start(const struct slot *slots, uint32_t count, uint64_t mask);

/* The acked features; 0 if there is no device. */
uint64_t blk_features(void);
const struct blk_config *blk_config(void);

/* How many slots can be in flight, and how many segments of BLK_SEGMENT bytes one request may have. */
uint32_t blk_slots(void);
uint32_t blk_segments(void);

/* Makes the request of a slot that is not in flight available to the device; the doorbell is blk_kick(). For discard
 * and write zeroes the data is made up here and the size is that of the range. */
void blk_submit(uint32_t slot, enum blk_type type, uint64_t sector, void *data, uint64_t bytes);
void blk_kick(void);

/* The next completed slot and its status; false if there is none. Only after an interrupt said so. */
bool blk_reap(uint32_t *slot, uint8_t *status);

/* Checks that the device is alive, that its registers hold, and that no completion stays without its interrupt. */
void blk_audit(void);

#endif
