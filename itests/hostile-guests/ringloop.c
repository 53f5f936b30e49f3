/* The used ring lies on the available ring. One request is under way (a read), the next is answered at once: by writing the used
 * index the device writes the available index, and so has another request to serve, for ever. */
#include "disk.h"

#define SIZE 16

static struct descriptor ring[SIZE] __attribute__((aligned(16)));
static struct used both __attribute__((aligned(16)));
static struct header unknown = { T_UNKNOWN, 0, 0 }, in = { T_IN, 0, 0 };
static volatile uint8_t data[512] __attribute__((aligned(512)));
static volatile uint8_t status[2];

void guest_main(void)
{
	volatile struct available *available = (void *)&both;
	uint64_t disk = disk_find();
	disk_start(disk, 0);
	disk_queue(disk, 0, SIZE, ring, &both, &both);
	disk_go(disk);
	/* What the device writes into the used ring, ids and a length of 1, names descriptors 0 and 1 as the next ones to take. */
	ring[0] = ring[1] = describe(&unknown, sizeof unknown, DESC_NEXT, 3);
	ring[2] = describe(&in, sizeof in, DESC_NEXT, 4);
	ring[3] = describe(&status[0], 1, DESC_WRITE, 0);
	ring[4] = describe(data, sizeof data, DESC_NEXT | DESC_WRITE, 5);
	ring[5] = describe(&status[1], 1, DESC_WRITE, 0);
	print("HOSTILE begin\n");
	available->entries[0] = 2;
	available->entries[1] = 0;
	barrier();
	available->index = 2;
	write32(disk + QUEUE_NOTIFY, 0);
	for (;;)
		beat();
}
