#include "blk.h"
#include "arch.h"
#include "check.h"
#include "clock.h"
#include "memory.h"
#include "plic.h"
#include "ring.h"
#include "virtio.h"

#define BLOCK_DEVICE 2

/* Device configuration (5.2.4). */
#define CONFIG_CAPACITY 0
#define CONFIG_SEG_MAX 12
#define CONFIG_QUEUES 34
#define CONFIG_MAX_DISCARD 36
#define CONFIG_MAX_WRITE_ZEROES 48

/* Each slot owns a fixed part of its queue's descriptor table, so there is no free list. */
#define CHAIN (BLK_SEGMENTS + 2)
#define QUEUE_SLOTS 8

static uint8_t memory[BLK_QUEUES][RING_BYTES] __attribute__((aligned(RING_ALIGN)));
static struct ring rings[BLK_QUEUES];

static struct request {
	struct {
		uint32_t type, reserved;
		uint64_t sector;
	} header;
	struct {
		uint64_t sector;
		uint32_t sectors, flags;
	} range; /* what discard and write zeroes have for data (5.2.6) */
	volatile uint8_t status;
	uint32_t written; /* bytes the device is to write, with the status */
	bool in_flight;
	struct descriptor indirect[CHAIN] __attribute__((aligned(16)));
} requests[BLK_SLOTS];

static bool present;
static uint64_t features;
static struct blk_config config;
static uint32_t queues, slots_per_queue, segments;
static volatile bool interrupted;
static uint64_t unclaimed_since;
static uint64_t submitted;

/* A field of the configuration that is there only with a feature. */
static uint64_t field(uint64_t feature, uint32_t offset, uint32_t bytes, uint64_t otherwise)
{
	return features & feature ? virtio_config(offset, bytes) : otherwise;
}

static void read_config(void)
{
	uint32_t generation;
	uint64_t max_segments;
	do {
		generation = virtio_config_generation();
		config.capacity = virtio_config(CONFIG_CAPACITY, 8);
		max_segments = field(BLK_F_SEG_MAX, CONFIG_SEG_MAX, 4, BLK_SEGMENTS);
		config.max_discard = field(BLK_F_DISCARD, CONFIG_MAX_DISCARD, 4, 0);
		config.max_write_zeroes = field(BLK_F_WRITE_ZEROES, CONFIG_MAX_WRITE_ZEROES, 4, 0);
		queues = (uint32_t)least(field(BLK_F_MQ, CONFIG_QUEUES, 2, 1), BLK_QUEUES);
	} while (generation != virtio_config_generation());
	segments = (uint32_t)least(max_segments == 0 ? 1 : max_segments, BLK_SEGMENTS);
}

static bool negotiate(uint64_t mask)
{
	uint64_t known = BLK_F_SEG_MAX | BLK_F_RO | BLK_F_BLK_SIZE | BLK_F_FLUSH | BLK_F_MQ | BLK_F_DISCARD
		| BLK_F_WRITE_ZEROES | VIRTIO_F_INDIRECT | VIRTIO_F_EVENT_IDX;
	if (virtio_legacy())
		known |= BLK_F_BARRIER;
	features = virtio_offered() & ((known & mask) | VIRTIO_F_VERSION_1);
	return virtio_accept(features);
}

static bool start_queues(void)
{
	slots_per_queue = (uint32_t)least(QUEUE_SLOTS, BLK_SLOTS / (queues == 0 ? 1 : queues));
	if (!check(DISK, queues > 0, "the device has no queue"))
		return false;
	for (uint32_t i = 0; i < queues; i++) {
		uint32_t max = virtio_queue_max(i), size = RING_MAX;
		while (size > max)
			size /= 2;
		if (!check(DISK, size >= CHAIN, "queue=%lu of size=%lu cannot be used", (uint64_t)i, (uint64_t)max))
			return false;
		slots_per_queue = (uint32_t)least(slots_per_queue, size / CHAIN);
		ring_start(&rings[i], size, features & VIRTIO_F_EVENT_IDX, memory[i]);
		virtio_queue_start(i, &rings[i]);
	}
	return true;
}

static void interrupt(void)
{
	virtio_acknowledge_interrupt();
	interrupted = true;
}

bool blk_start(const struct slot *slots, uint32_t count, uint64_t mask)
{
	const struct slot *slot = virtio_find(slots, count, BLOCK_DEVICE);
	if (slot == NULL)
		return false;
	present = negotiate(mask);
	if (present) {
		read_config();
		present = start_queues();
	}
	if (!present) {
		features = 0;
		virtio_give_up();
		return false;
	}
	plic_enable(slot->irq, interrupt);
	virtio_go();
	return true;
}

bool blk_present(void)
{
	return present;
}

uint64_t blk_features(void)
{
	return features;
}

const struct blk_config *blk_config(void)
{
	return &config;
}

uint32_t blk_slots(void)
{
	return queues * slots_per_queue;
}

uint32_t blk_queues(void)
{
	return queues;
}

uint32_t blk_segments(void)
{
	return segments;
}

static struct descriptor *add(struct descriptor *at, const volatile void *data, uint64_t length, uint16_t flags)
{
	*at = (struct descriptor){ (uint64_t)data, (uint32_t)length, flags, 0 };
	return at + 1;
}

/* Describes the request from `at` on, as a chain whose first descriptor has this number in its table. */
static uint32_t describe(struct descriptor *at, uint16_t number, struct request *request, uint8_t *data, uint64_t bytes)
{
	struct descriptor *first = at;
	uint32_t type = request->header.type & ~BLK_BARRIER;
	at = add(at, &request->header, sizeof request->header, DESC_NEXT);
	if (type == BLK_DISCARD || type == BLK_WRITE_ZEROES)
		at = add(at, &request->range, sizeof request->range, DESC_NEXT);
	else if (type != BLK_FLUSH)
		for (uint64_t done = 0; done < bytes; done += BLK_SEGMENT)
			at = add(at, data + done, least(bytes - done, BLK_SEGMENT),
				type == BLK_IN ? DESC_NEXT | DESC_WRITE : DESC_NEXT);
	at = add(at, &request->status, 1, DESC_WRITE);
	for (struct descriptor *d = first; d < at - 1; d++)
		d->next = ++number;
	return (uint32_t)(at - first);
}

void blk_submit(uint32_t slot, uint32_t type, uint64_t sector, void *data, uint64_t bytes)
{
	struct request *request = &requests[slot];
	struct ring *ring = &rings[slot % queues];
	uint32_t plain = type & ~BLK_BARRIER;
	bool ranged = plain == BLK_DISCARD || plain == BLK_WRITE_ZEROES;
	request->header.type = type;
	request->header.sector = plain == BLK_IN || plain == BLK_OUT ? sector : 0;
	request->range.sector = ranged ? sector : 0;
	request->range.sectors = (uint32_t)(bytes / BLK_SECTOR);
	request->status = 0xff;
	request->written = 1 + (plain == BLK_IN ? (uint32_t)bytes : 0);
	request->in_flight = true;

	/* Every other request is indirect if the device can do it, so that both ways are travelled. */
	uint16_t head = (uint16_t)(slot / queues * CHAIN);
	if ((features & VIRTIO_F_INDIRECT) && (submitted++ & 1)) {
		uint32_t count = describe(request->indirect, 0, request, data, bytes);
		add(&ring->table[head], request->indirect, count * sizeof(struct descriptor), DESC_INDIRECT);
	} else {
		describe(&ring->table[head], head, request, data, bytes);
	}
	ring_add(ring, head);
}

void blk_kick(void)
{
	for (uint32_t i = 0; i < queues; i++)
		if (ring_kick(&rings[i]))
			virtio_notify(i);
}

static bool take(uint32_t queue, uint32_t *slot, uint8_t *status)
{
	uint64_t head, length;
	ring_take(&rings[queue], &head, &length);
	*slot = (uint32_t)(head / CHAIN * queues + queue);
	if (!check(DISK, head % CHAIN == 0 && *slot < blk_slots() && requests[*slot].in_flight,
			"used ring of queue=%lu names descriptor=%lu, which is not in flight", (uint64_t)queue, head))
		return false;
	struct request *request = &requests[*slot];
	request->in_flight = false;
	*status = request->status;
	check(DISK, length == request->written || *status != 0, "used length=%lu expected=%lu type=%lu", length,
		(uint64_t)request->written, (uint64_t)request->header.type);
	return true;
}

/* Whether any queue has a completion that was not taken yet. */
static bool completed(void)
{
	for (uint32_t i = 0; i < queues; i++)
		if (ring_has_used(&rings[i]))
			return true;
	return false;
}

bool blk_reap(uint32_t *slot, uint8_t *status)
{
	while (interrupted) {
		for (uint32_t i = 0; i < queues; i++)
			while (ring_has_used(&rings[i]))
				if (take(i, slot, status))
					return true;
		/* Ask for the next interrupt first, then look once more: a completion in between has none. */
		interrupted = false;
		for (uint32_t i = 0; i < queues; i++)
			ring_await(&rings[i]);
		barrier();
		if (completed())
			interrupted = true;
	}
	return false;
}

void blk_audit(void)
{
	if (!present)
		return;
	virtio_audit();
	for (uint32_t i = 0; i < queues; i++)
		virtio_audit_queue(i, &rings[i]);
	uint64_t capacity = virtio_config(CONFIG_CAPACITY, 8);
	check(DISK, capacity == config.capacity, "capacity expected=%lu found=%lu", config.capacity, capacity);

	uint64_t now = clock_now();
	if (interrupted || !completed()) {
		unclaimed_since = now;
	} else if (!check(DISK, now - unclaimed_since <= clock_patience(), "completed without an interrupt")) {
		interrupted = true;
		unclaimed_since = now;
	}
}
