/* Restarts itself at once, for ever. */
#include "guest.h"

#define SBI_SYSTEM_RESET 0x53525354
#define COLD_REBOOT 1

void guest_main(void)
{
	register uint64_t a0 asm("a0") = COLD_REBOOT;
	register uint64_t a1 asm("a1") = 0;
	register uint64_t a6 asm("a6") = 0;
	register uint64_t a7 asm("a7") = SBI_SYSTEM_RESET;
	print("R");
	asm volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
	for (;;)
		;
}
