#include "blk.h"
#include "arch.h"
#include "check.h"
#include "clock.h"
#include "memory.h"
#include "plic.h"

/* Registers (4.2.2). */
#define MAGIC 0x000
#define VERSION 0x004
#define DEVICE_ID 0x008
#define DEVICE_FEATURES 0x010
#define DEVICE_FEATURES_SEL 0x014
#define DRIVER_FEATURES 0x020
#define DRIVER_FEATURES_SEL 0x024
#define QUEUE_SEL 0x030
#define QUEUE_SIZE_MAX 0x034
#define QUEUE_SIZE 0x038
#define QUEUE_READY 0x044
#define QUEUE_NOTIFY 0x050
#define INTERRUPT_STATUS 0x060
#define INTERRUPT_ACK 0x064
#define STATUS 0x070
#define QUEUE_DESC 0x080
#define QUEUE_DRIVER 0x090
#define QUEUE_DEVICE 0x0a0
#define CONFIG_GENERATION 0x0fc
#define CONFIG 0x100

#define VIRTIO_MAGIC 0x74726976
#define BLOCK_DEVICE 2

#define ACKNOWLEDGE 1
#define DRIVER 2
#define DRIVER_OK 4
#define FEATURES_OK 8
#define ALIVE (ACKNOWLEDGE | DRIVER | DRIVER_OK | FEATURES_OK)

/* Device configuration (5.2.4). */
#define CONFIG_CAPACITY 0
#define CONFIG_SEG_MAX 12
#define CONFIG_MAX_DISCARD 36
#define CONFIG_MAX_WRITE_ZEROES 48

/* The split virtqueue (2.7). Each slot owns a fixed part of the descriptor table, so there is no free list. */
#define QUEUE 64
#define CHAIN (BLK_SEGMENTS + 2)
#define DESC_NEXT 1
#define DESC_WRITE 2
#define DESC_INDIRECT 4

struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

static struct {
	struct descriptor table[QUEUE] __attribute__((aligned(16)));
	struct {
		uint16_t flags;
		volatile uint16_t index;
		volatile uint16_t ring[QUEUE + 1]; /* used_event follows the entries */
	} available __attribute__((aligned(2)));
	struct {
		volatile uint16_t flags;
		volatile uint16_t index;
		struct {
			volatile uint32_t id, length;
		} ring[QUEUE + 1]; /* avail_event follows the entries */
	} used __attribute__((aligned(4)));
} queue;

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

static uint64_t base, features;
static struct blk_config config;
static uint32_t queue_size, segments;
static uint16_t used_seen, notified;
static volatile bool interrupted;
static uint64_t unclaimed_since;
static uint64_t submitted;

static uint32_t in(uint64_t offset)
{
	return mmio_read32(base + offset);
}

static void out(uint64_t offset, uint32_t value)
{
	mmio_write32(base + offset, value);
}

static void out_address(uint64_t offset, const volatile void *address)
{
	out(offset, (uint32_t)(uint64_t)address);
	out(offset + 4, (uint32_t)((uint64_t)address >> 32));
}

static uint64_t offered(void)
{
	out(DEVICE_FEATURES_SEL, 1);
	uint64_t high = in(DEVICE_FEATURES);
	out(DEVICE_FEATURES_SEL, 0);
	return high << 32 | in(DEVICE_FEATURES);
}

static void read_config(void)
{
	uint32_t generation, max_segments;
	do {
		generation = in(CONFIG_GENERATION);
		config.capacity = (uint64_t)in(CONFIG + CONFIG_CAPACITY + 4) << 32 | in(CONFIG + CONFIG_CAPACITY);
		max_segments = features & BLK_F_SEG_MAX ? in(CONFIG + CONFIG_SEG_MAX) : BLK_SEGMENTS;
		config.max_discard = features & BLK_F_DISCARD ? in(CONFIG + CONFIG_MAX_DISCARD) : 0;
		config.max_write_zeroes = features & BLK_F_WRITE_ZEROES ? in(CONFIG + CONFIG_MAX_WRITE_ZEROES) : 0;
	} while (generation != in(CONFIG_GENERATION));
	segments = (uint32_t)least(max_segments == 0 ? 1 : max_segments, BLK_SEGMENTS);
}

static bool negotiate(uint64_t mask)
{
	uint64_t known = BLK_F_SEG_MAX | BLK_F_RO | BLK_F_BLK_SIZE | BLK_F_FLUSH | BLK_F_DISCARD | BLK_F_WRITE_ZEROES
		| BLK_F_INDIRECT | BLK_F_EVENT_IDX;
	uint64_t wanted = offered() & ((known & mask) | BLK_F_VERSION_1);
	out(DRIVER_FEATURES_SEL, 1);
	out(DRIVER_FEATURES, (uint32_t)(wanted >> 32));
	out(DRIVER_FEATURES_SEL, 0);
	out(DRIVER_FEATURES, (uint32_t)wanted);
	out(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
	if (!check(DISK, in(STATUS) & FEATURES_OK, "device refuses features=%lx", wanted))
		return false;
	features = wanted;
	return true;
}

static bool start_queue(void)
{
	out(QUEUE_SEL, 0);
	uint32_t max = in(QUEUE_SIZE_MAX);
	queue_size = QUEUE;
	while (queue_size > max)
		queue_size /= 2;
	if (!check(DISK, queue_size >= CHAIN && in(QUEUE_READY) == 0, "queue of size=%lu cannot be used", (uint64_t)max))
		return false;
	out(QUEUE_SIZE, queue_size);
	out_address(QUEUE_DESC, queue.table);
	out_address(QUEUE_DRIVER, &queue.available);
	out_address(QUEUE_DEVICE, &queue.used);
	out(QUEUE_READY, 1);
	return true;
}

static void interrupt(void)
{
	out(INTERRUPT_ACK, in(INTERRUPT_STATUS));
	interrupted = true;
}

bool blk_start(const struct slot *slots, uint32_t count, uint64_t mask)
{
	uint32_t i = 0;
	while (i < count && !(mmio_read32(slots[i].base + MAGIC) == VIRTIO_MAGIC
			&& mmio_read32(slots[i].base + DEVICE_ID) == BLOCK_DEVICE))
		i++;
	if (i == count)
		return false;
	base = slots[i].base;
	uint64_t version = in(VERSION);
	if (!check(DISK, version == 2, "virtio-mmio version=%lu, need 2", version))
		return false;
	out(STATUS, 0);
	out(STATUS, ACKNOWLEDGE);
	out(STATUS, ACKNOWLEDGE | DRIVER);
	if (!negotiate(mask) || !start_queue()) {
		features = 0;
		out(STATUS, 0);
		return false;
	}
	read_config();
	plic_enable(slots[i].irq, interrupt);
	out(STATUS, ALIVE);
	return true;
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
	return (uint32_t)least(BLK_SLOTS, queue_size / CHAIN);
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
	enum blk_type type = request->header.type;
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

void blk_submit(uint32_t slot, enum blk_type type, uint64_t sector, void *data, uint64_t bytes)
{
	struct request *request = &requests[slot];
	bool ranged = type == BLK_DISCARD || type == BLK_WRITE_ZEROES;
	request->header.type = type;
	request->header.sector = type == BLK_IN || type == BLK_OUT ? sector : 0;
	request->range.sector = ranged ? sector : 0;
	request->range.sectors = (uint32_t)(bytes / BLK_SECTOR);
	request->status = 0xff;
	request->written = 1 + (type == BLK_IN ? (uint32_t)bytes : 0);
	request->in_flight = true;

	/* Every other request is indirect if the device can do it, so that both ways are travelled. */
	uint16_t head = (uint16_t)(slot * CHAIN);
	if ((features & BLK_F_INDIRECT) && (submitted++ & 1)) {
		uint32_t count = describe(request->indirect, 0, request, data, bytes);
		add(&queue.table[head], request->indirect, count * sizeof(struct descriptor), DESC_INDIRECT);
	} else {
		describe(&queue.table[head], head, request, data, bytes);
	}
	queue.available.ring[queue.available.index % queue_size] = head;
	barrier();
	queue.available.index++;
}

/* Where an event index lies depends on the size of the queue (2.7.6, 2.7.8). */
static volatile uint16_t *used_event(void)
{
	return &queue.available.ring[queue_size];
}

static uint16_t available_event(void)
{
	return (uint16_t)queue.used.ring[queue_size].id;
}

void blk_kick(void)
{
	uint16_t now = queue.available.index, before = notified;
	if (now == before)
		return;
	notified = now;
	barrier();
	bool wanted = features & BLK_F_EVENT_IDX
		? (uint16_t)(now - available_event() - 1) < (uint16_t)(now - before)
		: !(queue.used.flags & 1);
	if (wanted)
		out(QUEUE_NOTIFY, 0);
}

static bool take(uint32_t *slot, uint8_t *status)
{
	uint64_t id = queue.used.ring[used_seen % queue_size].id, length = queue.used.ring[used_seen % queue_size].length;
	used_seen++;
	if (!check(DISK, id % CHAIN == 0 && id / CHAIN < blk_slots() && requests[id / CHAIN].in_flight,
			"used ring names descriptor=%lu, which is not in flight", id))
		return false;
	*slot = (uint32_t)(id / CHAIN);
	struct request *request = &requests[*slot];
	request->in_flight = false;
	*status = request->status;
	check(DISK, length == request->written || *status != 0, "used length=%lu expected=%lu type=%lu", length,
		(uint64_t)request->written, (uint64_t)request->header.type);
	return true;
}

bool blk_reap(uint32_t *slot, uint8_t *status)
{
	if (!interrupted)
		return false;
	for (;;) {
		while (used_seen != queue.used.index) {
			barrier();
			if (take(slot, status))
				return true;
		}
		/* Ask for the next interrupt first, then look once more: a completion in between has none (2.7.7.1). */
		interrupted = false;
		*used_event() = used_seen;
		barrier();
		if (used_seen == queue.used.index)
			return false;
		interrupted = true;
	}
}

void blk_audit(void)
{
	if (features == 0)
		return;
	uint64_t status = in(STATUS);
	check(DISK, status == ALIVE, "register=Status expected=%lx found=%lx", (uint64_t)ALIVE, status);
	uint64_t ready = in(QUEUE_READY);
	check(DISK, ready == 1, "register=QueueReady expected=1 found=%lx", ready);
	uint64_t capacity = (uint64_t)in(CONFIG + CONFIG_CAPACITY + 4) << 32 | in(CONFIG + CONFIG_CAPACITY);
	check(DISK, capacity == config.capacity, "capacity expected=%lu found=%lu", config.capacity, capacity);

	uint64_t now = clock_now();
	if (interrupted || used_seen == queue.used.index) {
		unclaimed_since = now;
	} else if (!check(DISK, now - unclaimed_since <= clock_patience(), "completed without an interrupt")) {
		interrupted = true;
		unclaimed_since = now;
	}
}
