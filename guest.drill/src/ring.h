/* A split virtqueue in memory: virtio 1.3, section 2.7. It lies as the legacy interface wants it (2.7.2), which the
 * modern one allows too: one block of pages, the used ring on a page of its own. */
#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stdint.h>

#define RING_MAX 64
#define RING_ALIGN 4096ul
#define RING_BYTES (2 * RING_ALIGN)

#define DESC_NEXT 1
#define DESC_WRITE 2
#define DESC_INDIRECT 4

struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

struct ring {
	uint32_t size;
	bool events; /* VIRTIO_F_EVENT_IDX */
	struct descriptor *table;
	struct {
		uint16_t flags;
		volatile uint16_t index;
		volatile uint16_t entries[]; /* used_event follows them */
	} *available;
	struct {
		volatile uint16_t flags;
		volatile uint16_t index;
		struct {
			volatile uint32_t id, length;
		} entries[]; /* avail_event follows them */
	} *used;
	uint16_t seen, notified;
};

/* An empty ring of at most RING_MAX descriptors in RING_BYTES of memory that is zero and aligned to RING_ALIGN. */
void ring_start(struct ring *ring, uint32_t size, bool events, void *memory);

/* Makes a chain available to the device. */
void ring_add(struct ring *ring, uint16_t head);

/* Whether the device wants to be told of what was added since this was asked last. */
bool ring_kick(struct ring *ring);

/* Whether the device has used a chain, and the next of them. */
bool ring_has_used(const struct ring *ring);
void ring_take(struct ring *ring, uint64_t *head, uint64_t *length);

/* Asks for an interrupt when the next chain is used; one that has been used meanwhile has none (2.7.7.1). */
void ring_await(struct ring *ring);

#endif
