/* The virtio-mmio transport of one device: modern (register Version = 2) as in virtio 1.3, section 4.2.2, or legacy
 * (Version = 1) as in section 4.2.4. */
#ifndef VIRTIO_H
#define VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#include "platform.h"
#include "ring.h"

#define VIRTIO_F_INDIRECT (1ul << 28)
#define VIRTIO_F_EVENT_IDX (1ul << 29)
#define VIRTIO_F_VERSION_1 (1ul << 32)

/* Takes the first slot that holds a device of that kind and resets it; NULL if there is none that can be driven. */
const struct slot *virtio_find(const struct slot *slots, uint32_t count, uint32_t device);

bool virtio_legacy(void);

/* What the device offers, and whether it takes what the driver accepts of it. */
uint64_t virtio_offered(void);
bool virtio_accept(uint64_t features);

/* How many descriptors a queue can have at most, 0 if there is no such queue; and puts a ring to use. */
uint32_t virtio_queue_max(uint32_t queue);
void virtio_queue_start(uint32_t queue, const struct ring *ring);
void virtio_notify(uint32_t queue);

/* A field of 2, 4 or 8 bytes of the device's configuration. */
uint64_t virtio_config(uint32_t offset, uint32_t bytes);

/* Changes whenever the configuration does; always 0 with a legacy device, which cannot tell. */
uint32_t virtio_config_generation(void);

void virtio_go(void);
void virtio_give_up(void);
void virtio_acknowledge_interrupt(void);

/* Checks that the status and the queue still are what was written. */
void virtio_audit(void);
void virtio_audit_queue(uint32_t queue, const struct ring *ring);

#endif
