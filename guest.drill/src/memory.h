/* Memory and text without a C library. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096ul

void *memset(void *to, int value, size_t count);
void *memcpy(void *restrict to, const void *restrict from, size_t count);

bool text_equal(const char *a, const char *b);

/* What follows the prefix, or NULL if the text does not start with it. */
const char *text_after(const char *text, const char *prefix);

/* A decimal or 0x number that takes the whole text and fits 64 bits; false otherwise. */
bool text_number(const char *text, uint64_t *number);

static inline uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
