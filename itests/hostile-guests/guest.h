/* What the hostile guests share: registers of devices, the serial line, time. All of it is for the virt board. */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stdint.h>

#define UART 0x10000000ul
#define UART_LSR 5
#define UART_THR_EMPTY 0x20
#define TIMEBASE 10000000ul

/* How many traps there were. */
extern volatile uint64_t trap_count;

/* Jumps to an address and comes back with the first trap. */
void enter(uint64_t address);

void guest_main(void);

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

static inline uint8_t read8(uint64_t address)
{
	return *(volatile uint8_t *)address;
}

static inline void write8(uint64_t address, uint8_t value)
{
	*(volatile uint8_t *)address = value;
}

static inline uint32_t read32(uint64_t address)
{
	return *(volatile uint32_t *)address;
}

static inline void write32(uint64_t address, uint32_t value)
{
	barrier();
	*(volatile uint32_t *)address = value;
}

static inline void print(const char *text)
{
	for (; *text; text++) {
		while (!(read8(UART + UART_LSR) & UART_THR_EMPTY))
			;
		write8(UART, (uint8_t)*text);
	}
}

static inline void print_number(uint64_t number)
{
	char digits[21];
	char *first = digits + sizeof digits - 1;
	*first = 0;
	do
		*--first = (char)('0' + number % 10);
	while (number /= 10);
	print(first);
}

/* Says once a second that the guest still executes. */
static inline void beat(void)
{
	static uint64_t last, count;
	uint64_t now = read_time();
	if (now - last < TIMEBASE)
		return;
	last = now;
	print("HOSTILE beat ");
	print_number(count++);
	print("\n");
}

#endif
