#include "pattern.h"

#define STEP 0x9e3779b97f4a7c15ul /* 2^64 / golden ratio: odd, so the sequence is as long as it can be */
#define LAST (PATTERN_WORDS - 1)

uint64_t pattern_mix(uint64_t value)
{
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ul;
	value = (value ^ value >> 27) * 0x94d049bb133111ebul;
	return value ^ value >> 31;
}

uint64_t pattern_tag(enum kind kind, uint64_t run)
{
	return pattern_mix(run + STEP * (uint64_t)(kind + 1));
}

static uint64_t identity(uint64_t tag, uint32_t index, uint32_t generation)
{
	return tag ^ ((uint64_t)index << 32 | generation);
}

/* The sum in closed form: word 0, and an arithmetic series. */
static uint64_t sum(uint64_t first, uint64_t start)
{
	return first + (LAST - 1) * start + STEP * ((LAST - 1) * LAST / 2);
}

void pattern_fill(uint64_t *words, uint64_t tag, uint32_t index, uint32_t generation)
{
	uint64_t first = identity(tag, index, generation), start = pattern_mix(first), value = start;
	words[0] = first;
#pragma GCC unroll 15
	for (int i = 1; i < LAST; i++)
		words[i] = value += STEP;
	words[LAST] = sum(first, start);
}

static void report(enum kind kind, const uint64_t *words, uint64_t tag, uint32_t index, uint32_t generation)
{
	const char *unit = kind == RAM ? "page" : "block";
	uint64_t total = 0;
	for (int i = 0; i < LAST; i++)
		total += words[i];
	uint64_t found = words[0] ^ tag, found_index = found >> 32, found_generation = (uint32_t)found;
	if (total == words[LAST] && words[1] == pattern_mix(words[0]) + STEP) {
		if (found_index == index)
			violation(kind, "stale %s=%lu expected-generation=%lu found-generation=%lu", unit, (uint64_t)index,
				(uint64_t)generation, found_generation);
		else
			violation(kind, "misplaced or foreign %s=%lu found-index=%lu found-generation=%lu", unit,
				(uint64_t)index, found_index, found_generation);
		return;
	}
	uint64_t first = identity(tag, index, generation), start = pattern_mix(first), wrong = 0;
	for (uint64_t i = PATTERN_WORDS; i-- > 0;) {
		uint64_t wanted = i == 0 ? first : i == LAST ? sum(first, start) : start + STEP * i;
		if (words[i] != wanted)
			wrong = i;
	}
	uint64_t wanted = wrong == 0 ? first : wrong == LAST ? sum(first, start) : start + STEP * wrong;
	violation(kind, "corrupt %s=%lu generation=%lu offset=%lx expected=%lx found=%lx", unit, (uint64_t)index,
		(uint64_t)generation, wrong * 8, wanted, words[wrong]);
}

bool pattern_check(enum kind kind, const uint64_t *words, uint64_t tag, uint32_t index, uint32_t generation)
{
	uint64_t first = identity(tag, index, generation), start = pattern_mix(first), value = start;
	uint64_t different = (words[0] ^ first) | (words[LAST] ^ sum(first, start));
#pragma GCC unroll 15
	for (int i = 1; i < LAST; i++)
		different |= words[i] ^ (value += STEP);
	checks[kind]++;
	if (different != 0)
		report(kind, words, tag, index, generation);
	return different == 0;
}
