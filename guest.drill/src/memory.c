/* What a freestanding compiler may call by itself (GCC manual, "Standards"). */
#include "memory.h"

void *memset(void *to, int value, size_t count)
{
	uint8_t *bytes = to;
	while (count > 0 && ((uint64_t)bytes & 7) != 0) {
		*bytes++ = (uint8_t)value;
		count--;
	}
	uint64_t word = (uint8_t)value * 0x0101010101010101ul;
	for (; count >= 8; count -= 8, bytes += 8)
		*(uint64_t *)bytes = word;
	while (count-- > 0)
		*bytes++ = (uint8_t)value;
	return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
	uint8_t *target = to;
	const uint8_t *source = from;
	while (count-- > 0)
		*target++ = *source++;
	return to;
}

bool text_equal(const char *a, const char *b)
{
	while (*a != 0 && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const char *text_after(const char *text, const char *prefix)
{
	while (*prefix != 0)
		if (*text++ != *prefix++)
			return NULL;
	return text;
}

bool text_number(const char *text, uint64_t *number)
{
	uint64_t base = 10, value = 0;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (*text == 0)
		return false;
	for (; *text != 0; text++) {
		char c = *text;
		uint64_t digit = c >= '0' && c <= '9' ? (uint64_t)(c - '0')
			: c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a' + 10)
			: c >= 'A' && c <= 'F' ? (uint64_t)(c - 'A' + 10) : 99;
		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	*number = value;
	return true;
}
