#include "attempt.h"

#define RETURN 0x00008067 /* jalr x0, 0(ra) */
#define MOST 15

uint64_t load_1(uint64_t), load_2(uint64_t), load_4(uint64_t), load_8(uint64_t);
void store_1(uint64_t, uint64_t), store_2(uint64_t, uint64_t), store_4(uint64_t, uint64_t), store_8(uint64_t, uint64_t);

static uint32_t made[MOST + 1];

bool try_load(uint64_t address, uint32_t bytes, uint64_t *value)
{
	const void *code = bytes == 1 ? load_1 : bytes == 2 ? load_2 : bytes == 4 ? load_4 : load_8;
	struct attempt it = { code, address, 0, 0, 0, 0, 0 };
	bool good = attempt(&it);
	*value = it.result;
	return good;
}

bool try_store(uint64_t address, uint32_t bytes, uint64_t value)
{
	const void *code = bytes == 1 ? (void *)store_1 : bytes == 2 ? (void *)store_2 : bytes == 4 ? (void *)store_4
		: (void *)store_8;
	struct attempt it = { code, address, value, 0, 0, 0, 0 };
	return attempt(&it);
}

uint64_t get(uint64_t address, uint32_t bytes)
{
	uint64_t value;
	return try_load(address, bytes, &value) ? value : UINT64_MAX;
}

void put(uint64_t address, uint32_t bytes, uint64_t value)
{
	try_store(address, bytes, value);
}

bool try_code(struct attempt *it, const uint32_t *code, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		made[i] = code[i];
	made[count] = RETURN;
	asm volatile("fence.i" : : : "memory");
	it->code = made;
	return attempt(it);
}
