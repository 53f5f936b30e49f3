#include "clock.h"
#include "arch.h"
#include "check.h"
#include "memory.h"
#include "sbi.h"

static uint64_t frequency, max_blackout;
static uint64_t last, largest_gap;
static uint64_t armed;
static volatile bool fired;
static volatile uint64_t fired_at;

void clock_start(uint64_t timebase, uint64_t max_blackout_ms)
{
	frequency = timebase;
	max_blackout = clock_ticks(max_blackout_ms);
	last = read_time();
}

uint64_t clock_now(void)
{
	uint64_t now = read_time(), before = last;
	last = now;
	if (!check(CLOCK, now >= before, "time went back by ns=%lu: %lu after %lu", clock_nanoseconds(before - now),
			now, before))
		return now;
	uint64_t gap = now - before;
	if (gap > largest_gap)
		largest_gap = gap;
	check(CLOCK, gap <= max_blackout, "time jumped by ns=%lu: %lu after %lu", clock_nanoseconds(gap), now, before);
	return now;
}

uint64_t clock_ticks(uint64_t milliseconds)
{
	return milliseconds * frequency / 1000;
}

uint64_t clock_nanoseconds(uint64_t ticks)
{
	return ticks / frequency * 1000000000 + ticks % frequency * 1000000000 / frequency;
}

void clock_arm(uint64_t deadline)
{
	fired = false;
	armed = deadline;
	sbi_set_timer(deadline);
}

void clock_interrupt(void)
{
	fired_at = read_time();
	fired = true;
	sbi_set_timer(UINT64_MAX);
}

bool clock_due(uint64_t now)
{
	if (fired) {
		fired = false;
		uint64_t at = fired_at;
		if (check(CLOCK, at >= armed, "timer interrupt came early by ns=%lu", clock_nanoseconds(armed - at)))
			check(CLOCK, at - armed <= max_blackout, "timer interrupt came late by ns=%lu",
				clock_nanoseconds(at - armed));
		return true;
	}
	return now > armed && now - armed > max_blackout
		&& !check(CLOCK, false, "no timer interrupt for ns=%lu after its deadline", clock_nanoseconds(now - armed));
}

uint64_t clock_max_blackout(void)
{
	return max_blackout;
}

uint64_t clock_patience(void)
{
	return max_blackout + frequency;
}

uint64_t clock_largest_gap(void)
{
	return clock_nanoseconds(largest_gap);
}

uint64_t pace_due(struct pace *pace, uint64_t ticks)
{
	pace->credit += least(ticks, frequency / 10) * pace->rate;
	uint64_t due = pace->credit / frequency;
	pace->credit %= frequency;
	return due;
}
