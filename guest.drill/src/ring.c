#include "ring.h"
#include "arch.h"

#define NO_NOTIFY 1

void ring_start(struct ring *ring, uint32_t size, bool events, void *memory)
{
	uint8_t *bytes = memory;
	ring->size = size;
	ring->events = events;
	ring->table = memory;
	ring->available = (void *)(bytes + size * sizeof(struct descriptor));
	ring->used = (void *)(bytes + RING_ALIGN);
	ring->seen = ring->notified = 0;
}

void ring_add(struct ring *ring, uint16_t head)
{
	ring->available->entries[ring->available->index % ring->size] = head;
	barrier();
	ring->available->index++;
}

bool ring_kick(struct ring *ring)
{
	uint16_t now = ring->available->index, before = ring->notified;
	if (now == before)
		return false;
	ring->notified = now;
	barrier();
	if (!ring->events)
		return !(ring->used->flags & NO_NOTIFY);
	uint16_t event = (uint16_t)ring->used->entries[ring->size].id; /* avail_event (2.7.8) */
	return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

bool ring_has_used(const struct ring *ring)
{
	return ring->seen != ring->used->index;
}

void ring_take(struct ring *ring, uint64_t *head, uint64_t *length)
{
	barrier();
	*head = ring->used->entries[ring->seen % ring->size].id;
	*length = ring->used->entries[ring->seen % ring->size].length;
	ring->seen++;
}

void ring_await(struct ring *ring)
{
	ring->available->entries[ring->size] = ring->seen; /* used_event (2.7.6) */
}
