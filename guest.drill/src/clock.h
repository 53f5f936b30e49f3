/* The time counter, its timer, and what is checked about both. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>

void clock_start(uint64_t timebase, uint64_t max_blackout_ms);

/* The time counter, checked against the reading before: never less, and no more than the allowed blackout later. */
uint64_t clock_now(void);

/* Ticks for a time, and the time for ticks. */
uint64_t clock_ticks(uint64_t milliseconds);
uint64_t clock_nanoseconds(uint64_t ticks);

/* Arms the timer interrupt. */
void clock_arm(uint64_t deadline);

/* Whether the armed interrupt has come, once; checks that it came neither early nor too late. */
bool clock_due(uint64_t now);

void clock_interrupt(void);

/* The longest blackout allowed, and how long a device may leave the guest without an answer, in ticks. */
uint64_t clock_max_blackout(void);
uint64_t clock_patience(void);

/* The longest time between two readings, in nanoseconds. */
uint64_t clock_largest_gap(void);

/* Work that comes at a rate: how much is due after that many ticks; what a blackout held up is not caught up with. */
struct pace {
	uint64_t rate, credit;
};
uint64_t pace_due(struct pace *pace, uint64_t ticks);

#endif
