/* The working set: pages that are overwritten at a rate and verified for ever. */
#ifndef RAM_H
#define RAM_H

#include <stdbool.h>
#include <stdint.h>

/* Takes as many pages as asked for, or as there are, from the memory after the image. */
void ram_start(uint64_t from, uint64_t to, uint64_t pages, uint64_t run);

void ram_rate(uint64_t pages_per_second);

/* Overwrites and verifies what is due after that many ticks. */
void ram_work(uint64_t ticks);

#endif
