/* Things that may trap, and what came of them. */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

/* The layout is known to boot.S. */
struct attempt {
	const void *code;
	uint64_t first, second;
	uint64_t result;             /* if it came back */
	uint64_t cause, epc, value;  /* if it trapped */
};

/* boot.S: calls code(first, second); whether it came back. */
bool attempt(struct attempt *it);

/* Reads or writes 1, 2, 4 or 8 bytes; whether that did not trap. */
bool try_load(uint64_t address, uint32_t bytes, uint64_t *value);
bool try_store(uint64_t address, uint32_t bytes, uint64_t value);

/* A load or store that is known to be answered. */
uint64_t get(uint64_t address, uint32_t bytes);
void put(uint64_t address, uint32_t bytes, uint64_t value);

/* Runs instructions that were made here, each of 32 bits, with a0 and a1 set; what they leave in a0 is the result. */
bool try_code(struct attempt *it, const uint32_t *code, uint32_t count);

#endif
