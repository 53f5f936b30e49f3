#include "virtio.h"
#include "arch.h"
#include "check.h"
#include "memory.h"

/* Registers of both interfaces (4.2.2, 4.2.4). */
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
#define QUEUE_NOTIFY 0x050
#define INTERRUPT_STATUS 0x060
#define INTERRUPT_ACK 0x064
#define STATUS 0x070
#define CONFIG 0x100
/* Legacy only. */
#define GUEST_PAGE_SIZE 0x028
#define QUEUE_ALIGN 0x03c
#define QUEUE_PFN 0x040
/* Modern only. */
#define QUEUE_READY 0x044
#define QUEUE_DESC 0x080
#define QUEUE_DRIVER 0x090
#define QUEUE_DEVICE 0x0a0
#define CONFIG_GENERATION 0x0fc

#define VIRTIO_MAGIC 0x74726976
#define LEGACY 1
#define MODERN 2

#define ACKNOWLEDGE 1
#define DRIVER 2
#define DRIVER_OK 4
#define FEATURES_OK 8

static uint64_t base;
static bool legacy;

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

/* What Status reads once the features are agreed on; the legacy interface has no word for that. */
static uint32_t ready(void)
{
	return ACKNOWLEDGE | DRIVER | (legacy ? 0 : FEATURES_OK);
}

const struct slot *virtio_find(const struct slot *slots, uint32_t count, uint32_t device)
{
	uint32_t i = 0;
	while (i < count && !(mmio_read32(slots[i].base + MAGIC) == VIRTIO_MAGIC
			&& mmio_read32(slots[i].base + DEVICE_ID) == device))
		i++;
	if (i == count)
		return NULL;
	base = slots[i].base;
	uint64_t version = in(VERSION);
	if (!check(DISK, version == LEGACY || version == MODERN, "virtio-mmio version=%lu, need 1 or 2", version))
		return NULL;
	legacy = version == LEGACY;
	out(STATUS, 0);
	out(STATUS, ACKNOWLEDGE);
	out(STATUS, ACKNOWLEDGE | DRIVER);
	if (legacy)
		out(GUEST_PAGE_SIZE, PAGE);
	return &slots[i];
}

bool virtio_legacy(void)
{
	return legacy;
}

uint64_t virtio_offered(void)
{
	uint64_t high = 0;
	if (!legacy) {
		out(DEVICE_FEATURES_SEL, 1);
		high = in(DEVICE_FEATURES);
	}
	out(DEVICE_FEATURES_SEL, 0);
	return high << 32 | in(DEVICE_FEATURES);
}

bool virtio_accept(uint64_t features)
{
	if (!legacy) {
		out(DRIVER_FEATURES_SEL, 1);
		out(DRIVER_FEATURES, (uint32_t)(features >> 32));
	}
	out(DRIVER_FEATURES_SEL, 0);
	out(DRIVER_FEATURES, (uint32_t)features);
	if (legacy)
		return true;
	out(STATUS, ready());
	return check(DISK, in(STATUS) & FEATURES_OK, "device refuses features=%lx", features);
}

uint32_t virtio_queue_max(uint32_t queue)
{
	out(QUEUE_SEL, queue);
	bool used = in(legacy ? QUEUE_PFN : QUEUE_READY) != 0;
	return check(DISK, !used, "queue=%lu is in use after a reset", (uint64_t)queue) ? in(QUEUE_SIZE_MAX) : 0;
}

static uint32_t frame(const struct ring *ring)
{
	return (uint32_t)((uint64_t)ring->table / PAGE);
}

void virtio_queue_start(uint32_t queue, const struct ring *ring)
{
	out(QUEUE_SEL, queue);
	out(QUEUE_SIZE, ring->size);
	if (legacy) {
		out(QUEUE_ALIGN, RING_ALIGN);
		out(QUEUE_PFN, frame(ring));
	} else {
		out_address(QUEUE_DESC, ring->table);
		out_address(QUEUE_DRIVER, ring->available);
		out_address(QUEUE_DEVICE, ring->used);
		out(QUEUE_READY, 1);
	}
}

void virtio_notify(uint32_t queue)
{
	out(QUEUE_NOTIFY, queue);
}

uint64_t virtio_config(uint32_t offset, uint32_t bytes)
{
	/* A legacy device is only sure to answer to single bytes, a modern one to the width of the field (4.2.2.2). */
	uint32_t step = legacy ? 1 : (uint32_t)least(bytes, 4);
	uint64_t value = 0, at = base + CONFIG + offset;
	for (uint32_t i = 0; i < bytes; i += step) {
		uint64_t part = step == 1 ? mmio_read8(at + i) : step == 2 ? mmio_read16(at + i) : mmio_read32(at + i);
		value |= part << 8 * i;
	}
	return value;
}

uint32_t virtio_config_generation(void)
{
	return legacy ? 0 : in(CONFIG_GENERATION);
}

void virtio_go(void)
{
	out(STATUS, ready() | DRIVER_OK);
}

void virtio_give_up(void)
{
	out(STATUS, 0);
}

void virtio_acknowledge_interrupt(void)
{
	out(INTERRUPT_ACK, in(INTERRUPT_STATUS));
}

void virtio_audit(void)
{
	uint64_t expected = ready() | DRIVER_OK, status = in(STATUS);
	check(DISK, status == expected, "register=Status expected=%lx found=%lx", expected, status);
}

void virtio_audit_queue(uint32_t queue, const struct ring *ring)
{
	out(QUEUE_SEL, queue);
	uint64_t expected = legacy ? frame(ring) : 1, found = in(legacy ? QUEUE_PFN : QUEUE_READY);
	check(DISK, found == expected, "register=%s queue=%lu expected=%lx found=%lx", legacy ? "QueuePFN" : "QueueReady",
		(uint64_t)queue, expected, found);
}
