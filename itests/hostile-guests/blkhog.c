/* 256 requests of an unknown type, each with 4 GiB of buffers that all lie in the same 16 MiB. Before a device may say that it has
 * written them it has to clear them. A request that comes back is sent again. */
#include "disk.h"

#define SIZE 256
#define BUFFERS 255
#define BUFFER_BYTES (16u << 20)

static struct descriptor ring[SIZE] __attribute__((aligned(16)));
static struct descriptor table[BUFFERS + 2] __attribute__((aligned(16)));
static struct available available __attribute__((aligned(16)));
static struct used used __attribute__((aligned(16)));
static struct header header = { T_UNKNOWN, 0, 0 };
static volatile uint8_t status;

void guest_main(void)
{
	uint64_t disk = disk_find();
	disk_start(disk, F_INDIRECT);
	disk_queue(disk, 0, SIZE, ring, &available, &used);
	disk_go(disk);
	table[0] = describe(&header, sizeof header, DESC_NEXT, 1);
	for (uint32_t i = 1; i <= BUFFERS; i++)
		table[i] = describe((void *)0x81000000ul, BUFFER_BYTES, DESC_NEXT | DESC_WRITE, i + 1);
	table[BUFFERS + 1] = describe(&status, 1, DESC_WRITE, 0);
	for (uint32_t i = 0; i < SIZE; i++) {
		ring[i] = describe(table, sizeof table, DESC_INDIRECT, 0);
		available.entries[i] = (uint16_t)i;
	}
	print("HOSTILE begin\n");
	barrier();
	available.index = SIZE;
	write32(disk + QUEUE_NOTIFY, 0);
	for (uint16_t seen = 0;; beat())
		while (seen != used.index) {
			available.entries[available.index % SIZE] = (uint16_t)used.entries[seen++ % SIZE].id;
			barrier();
			available.index++;
			write32(disk + QUEUE_NOTIFY, 0);
		}
}
