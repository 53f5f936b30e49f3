#include "ram.h"
#include "arch.h"
#include "check.h"
#include "clock.h"
#include "console.h"
#include "cpu.h"
#include "memory.h"
#include "pattern.h"

#define SWEEP_SECONDS 4 /* the time in which every page is verified once, whatever the rate */
#define SLICE 20        /* ms of work at a time: with a rate that cannot be kept up, commands still get through */

static uint64_t tag, count;
static uint64_t *pages;
/*
 * The generation of each page, elsewhere than the pages. Their hashes add up to table_sum, which each sweep compares
 * with the sum over what it met: if page and table were lost together, that still shows.
 */
static uint32_t *generations;
static uint64_t table_sum, swept_sum;
static uint32_t cursor;
static struct pace dirtying, sweeping;
static uint64_t random;

static uint64_t *page(uint32_t index)
{
	return pages + (uint64_t)index * PATTERN_WORDS;
}

static uint64_t hash(uint32_t index)
{
	return pattern_mix(tag + ((uint64_t)index << 32 | generations[index]));
}

static void write_page(uint32_t index)
{
	uint64_t before = hash(index);
	generations[index]++;
	uint64_t change = hash(index) - before;
	table_sum += change;
	if (index < cursor)
		swept_sum += change;
	pattern_fill(page(index), tag, index, generations[index]);
}

/* A page that failed is written anew, so that each fault is reported once. */
static void verify_page(uint32_t index)
{
	if (!pattern_check(RAM, page(index), tag, index, generations[index]))
		write_page(index);
}

static void dirty_one(void)
{
	random = random * 6364136223846793005ul + 1442695040888963407ul;
	uint32_t index = (uint32_t)((random >> 32) * count >> 32);
	verify_page(index);
	write_page(index);
}

static void sweep_one(void)
{
	verify_page(cursor);
	swept_sum += hash(cursor);
	if (++cursor < count)
		return;
	check(RAM, swept_sum == table_sum, "generation table expected-sum=%lx found-sum=%lx", table_sum, swept_sum);
	table_sum = swept_sum;
	swept_sum = 0;
	cursor = 0;
}

void ram_start(uint64_t from, uint64_t to, uint64_t wanted, uint64_t run)
{
	uint64_t base = (from + PAGE - 1) & ~(PAGE - 1);
	uint64_t room = to > base ? (to - base) / (PAGE + sizeof *generations) : 0;
	count = least(wanted, least(room, UINT32_MAX));
	print("DRILL ram base=%lx pages=%lu\n", base, count);
	tag = pattern_tag(RAM, run);
	random = tag;
	pages = cpu_alias(base);
	generations = cpu_alias(base + count * PAGE);
	memset(generations, 0, count * sizeof *generations);
	for (uint32_t i = 0; i < count; i++)
		table_sum += hash(i);
	for (uint32_t i = 0; i < count; i++) {
		write_page(i);
		clock_now();
	}
	sweeping.rate = (count + SWEEP_SECONDS - 1) / SWEEP_SECONDS;
}

void ram_rate(uint64_t pages_per_second)
{
	dirtying.rate = pages_per_second;
}

static void work(struct pace *pace, uint64_t ticks, void (*one)(void))
{
	uint64_t started = clock_now(), slice = clock_ticks(SLICE);
	for (uint64_t due = pace_due(pace, ticks); due > 0 && clock_now() - started < slice; due--)
		one();
}

void ram_work(uint64_t ticks)
{
	if (count == 0)
		return;
	work(&dirtying, ticks, dirty_one);
	work(&sweeping, ticks, sweep_one);
}
