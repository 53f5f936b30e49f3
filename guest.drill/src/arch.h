/* The processor and its buses: control registers, barriers, device registers, the time counter. */
#ifndef ARCH_H
#define ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define csr_read(name) ({ uint64_t value_; asm volatile("csrr %0, " #name : "=r"(value_) : : "memory"); value_; })
#define csr_write(name, value) asm volatile("csrw " #name ", %0" : : "r"((uint64_t)(value)) : "memory")

#define SSTATUS_SIE 2
#define SIE_TIMER (1 << 5)
#define SIE_EXTERNAL (1 << 9)

static inline void interrupts_on(void)
{
	asm volatile("csrsi sstatus, 2" : : : "memory");
}

static inline void interrupts_off(void)
{
	asm volatile("csrci sstatus, 2" : : : "memory");
}

/* Orders memory and device accesses: before a doorbell, and between the fields of anything a device shares. */
static inline void barrier(void)
{
	asm volatile("fence iorw, iorw" : : : "memory");
}

static inline uint64_t read_time(void)
{
	uint64_t ticks;
	asm volatile("rdtime %0" : "=r"(ticks) : : "memory");
	return ticks;
}

#define MMIO(bits) \
	static inline uint##bits##_t mmio_read##bits(uint64_t address) \
	{ \
		uint##bits##_t value = *(volatile uint##bits##_t *)address; \
		asm volatile("fence i, ir" : : : "memory"); \
		return value; \
	} \
	static inline void mmio_write##bits(uint64_t address, uint##bits##_t value) \
	{ \
		asm volatile("fence w, o" : : : "memory"); \
		*(volatile uint##bits##_t *)address = value; \
	}
MMIO(8)
MMIO(16)
MMIO(32)
MMIO(64)
#undef MMIO

#endif
