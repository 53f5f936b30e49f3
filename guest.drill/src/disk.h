/* The disk's workload: blocks of 4 KiB whose content is known, several requests in flight. */
#ifndef DISK_H
#define DISK_H

#include <stdint.h>

/* Takes memory for its table from `from` on and returns where it ends. */
uint64_t disk_start(uint64_t from, uint64_t to, uint64_t first_sector, uint64_t sectors, uint64_t rate, uint64_t run);

/* Completes what the device has done, and goes on with it. */
void disk_poll(void);

/* Starts what is due after that many ticks; checks that no request is left unanswered. */
void disk_work(uint64_t ticks);

/* How many times it has seen barriers keep requests in their order. */
uint64_t disk_rounds(void);

#endif
