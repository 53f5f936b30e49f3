/* Driver of a virtio block device: virtio 1.3, section 5.2. */
#ifndef BLK_H
#define BLK_H

#include <stdbool.h>
#include <stdint.h>

#include "platform.h"

#define BLK_SECTOR 512
#define BLK_QUEUES 4
#define BLK_SLOTS 16
#define BLK_SEGMENTS 4
#define BLK_SEGMENT 4096

/* Feature bits (5.2.3); BARRIER is of the legacy interface alone (5.2.3.1). */
#define BLK_F_BARRIER (1ul << 0)
#define BLK_F_SEG_MAX (1ul << 2)
#define BLK_F_RO (1ul << 5)
#define BLK_F_BLK_SIZE (1ul << 6)
#define BLK_F_FLUSH (1ul << 9)
#define BLK_F_MQ (1ul << 12)
#define BLK_F_DISCARD (1ul << 13)
#define BLK_F_WRITE_ZEROES (1ul << 14)

/* Request types. With BLK_BARRIER a request starts after all before it on its queue have been completed, and all that
 * follow start after it has been ("Virtio PCI Card Specification" 0.9.5, appendix D). */
#define BLK_IN 0u
#define BLK_OUT 1u
#define BLK_FLUSH 4u
#define BLK_DISCARD 11u
#define BLK_WRITE_ZEROES 13u
#define BLK_BARRIER 0x80000000u

struct blk_config {
	uint64_t capacity; /* sectors */
	uint64_t max_discard, max_write_zeroes; /* sectors */
};

/* Takes the first slot that holds a block device; false if there is none or it cannot be driven. Acks what is offered,
 * known and in the mask, and VERSION_1 of a modern device. */
bool blk_start(const struct slot *slots, uint32_t count, uint64_t mask);

/* Whether there is a device, and its acked features. */
bool blk_present(void);
uint64_t blk_features(void);
const struct blk_config *blk_config(void);

/* How many slots can be in flight, how many queues they are spread over (slot n is on queue n % queues), and how many
 * segments of BLK_SEGMENT bytes one request may have. */
uint32_t blk_slots(void);
uint32_t blk_queues(void);
uint32_t blk_segments(void);

/* Makes the request of a slot that is not in flight available to the device; the doorbell is blk_kick(). For discard
 * and write zeroes the data is made up here and the size is that of the range. */
void blk_submit(uint32_t slot, uint32_t type, uint64_t sector, void *data, uint64_t bytes);
void blk_kick(void);

/* The next completed slot and its status; false if there is none. Only after an interrupt said so. */
bool blk_reap(uint32_t *slot, uint8_t *status);

/* Checks that the device is alive, that its registers hold, and that no completion stays without its interrupt. */
void blk_audit(void);

#endif
