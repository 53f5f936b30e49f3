/* Calls into the supervisor execution environment: RISC-V SBI 1.0, chapters 4 (base), 5 (legacy), 6 (timer), 10 (reset). */
#ifndef SBI_H
#define SBI_H

#include <stdbool.h>
#include <stdint.h>

#define SBI_BASE 0x10
#define SBI_TIME 0x54494d45
#define SBI_SYSTEM_RESET 0x53525354
#define SBI_LEGACY_PUTCHAR 1
#define SBI_LEGACY_SHUTDOWN 8

/* Functions of the base extension. */
#define SBI_SPECIFICATION_VERSION 0
#define SBI_PROBE 3
#define SBI_VENDOR 4
#define SBI_ARCHITECTURE 5
#define SBI_IMPLEMENTATION 6

struct sbi_result {
	int64_t error;
	uint64_t value;
};

static inline struct sbi_result sbi_call(uint64_t extension, uint64_t function, uint64_t first, uint64_t second)
{
	register uint64_t a0 asm("a0") = first;
	register uint64_t a1 asm("a1") = second;
	register uint64_t a6 asm("a6") = function;
	register uint64_t a7 asm("a7") = extension;
	asm volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
	return (struct sbi_result){ (int64_t)a0, a1 };
}

static inline uint64_t sbi_base(uint64_t function)
{
	return sbi_call(SBI_BASE, function, 0, 0).value;
}

static inline bool sbi_has(uint64_t extension)
{
	struct sbi_result result = sbi_call(SBI_BASE, SBI_PROBE, extension, 0);
	return result.error == 0 && result.value != 0;
}

/* Arms the timer and clears a pending interrupt of it. */
static inline void sbi_set_timer(uint64_t deadline)
{
	sbi_call(SBI_TIME, 0, deadline, 0);
}

/* Turns the machine off; the legacy call is for an environment without system reset. */
static inline void sbi_shutdown(void)
{
	sbi_call(SBI_SYSTEM_RESET, 0, 0, 0);
	sbi_call(SBI_LEGACY_SHUTDOWN, 0, 0, 0);
}

#endif
