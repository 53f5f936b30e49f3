/*
 * What a page of memory or a block of the disk holds: a function of its kind, its index and its generation, in every
 * word. It describes itself, so that what is wrong with it can be told: an older generation (a write was lost),
 * another page's content, or plain corruption.
 *
 *   word 0         tag ^ (index << 32 | generation)
 *   words 1..510   a Weyl sequence that starts from a hash of word 0
 *   word 511       the sum of all words before
 */
#ifndef PATTERN_H
#define PATTERN_H

#include "check.h"

#define PATTERN_WORDS 512

/* The tag of the things of one kind in this run, so that what an earlier run left behind is not taken for ours. */
uint64_t pattern_tag(enum kind kind, uint64_t run);

void pattern_fill(uint64_t *words, uint64_t tag, uint32_t index, uint32_t generation);

/* Compares all words, and reports what is found instead; one check. */
bool pattern_check(enum kind kind, const uint64_t *words, uint64_t tag, uint32_t index, uint32_t generation);

/* A good hash of one word (the finaliser of SplitMix64). */
uint64_t pattern_mix(uint64_t value);

#endif
