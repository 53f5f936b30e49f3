/* Fills every queue of a disk: one half are reads with as many buffers as a chain can have, of which the host keeps something each,
 * the other half flushes, of which each takes the host's disk a while. What comes back is sent again. */
#include "disk.h"

#define QUEUES 16
#define BUFFERS 1021
#define BUFFER_BYTES 512u

static struct descriptor rings[QUEUES][MAX_ENTRIES] __attribute__((aligned(16)));
static struct descriptor read_table[BUFFERS + 2] __attribute__((aligned(16)));
static struct descriptor flush_table[2] __attribute__((aligned(16)));
static struct available available[QUEUES] __attribute__((aligned(16)));
static struct used used[QUEUES] __attribute__((aligned(16)));
static struct header in = { T_IN, 0, 0 }, flush = { T_FLUSH, 0, 0 };
static volatile uint8_t data[2 * BUFFERS * BUFFER_BYTES] __attribute__((aligned(512)));
static volatile uint8_t status;

void guest_main(void)
{
	uint64_t disk = disk_find();
	uint32_t queues = 0, sizes[QUEUES];
	uint16_t seen[QUEUES] = { 0 };
	disk_start(disk, F_INDIRECT | F_MQ | F_FLUSH);
	read_table[0] = describe(&in, sizeof in, DESC_NEXT, 1);
	/* Every other buffer, so that no two are neighbours. */
	for (uint32_t i = 0; i < BUFFERS; i++)
		read_table[i + 1] = describe(data + 2 * i * BUFFER_BYTES, BUFFER_BYTES, DESC_NEXT | DESC_WRITE, i + 2);
	read_table[BUFFERS + 1] = describe(&status, 1, DESC_WRITE, 0);
	flush_table[0] = describe(&flush, sizeof flush, DESC_NEXT, 1);
	flush_table[1] = describe(&status, 1, DESC_WRITE, 0);
	for (; queues < QUEUES; queues++) {
		write32(disk + QUEUE_SEL, queues);
		sizes[queues] = read32(disk + QUEUE_SIZE_MAX);
		if (!sizes[queues])
			break;
		for (uint32_t i = 0; i < sizes[queues]; i++) {
			rings[queues][i] = i % 2 ? describe(read_table, sizeof read_table, DESC_INDIRECT, 0)
				: describe(flush_table, sizeof flush_table, DESC_INDIRECT, 0);
			available[queues].entries[i] = (uint16_t)i;
		}
		disk_queue(disk, queues, sizes[queues], rings[queues], &available[queues], &used[queues]);
	}
	disk_go(disk);
	print("HOSTILE begin\n");
	for (uint32_t i = 0; i < queues; i++) {
		barrier();
		available[i].index = (uint16_t)sizes[i];
		write32(disk + QUEUE_NOTIFY, i);
	}
	for (;; beat())
		for (uint32_t i = 0; i < queues; i++)
			while (seen[i] != used[i].index) {
				available[i].entries[available[i].index % sizes[i]] = (uint16_t)used[i].entries[seen[i]++ % sizes[i]].id;
				barrier();
				available[i].index++;
				write32(disk + QUEUE_NOTIFY, i);
			}
}
