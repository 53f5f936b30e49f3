/* Fills pages with C.EBREAK and enters each at every halfword, the last first: what a processor keeps of a page grows with each. */
#include "guest.h"

#define PAGES 2048
#define HALFWORDS 2048
#define C_EBREAK 0x9002

void guest_main(void)
{
	uint16_t(*code)[HALFWORDS] = (void *)0x80800000ul;
	print("HOSTILE begin\n");
	for (int page = 0; page < PAGES; page++)
		for (int i = 0; i < HALFWORDS; i++)
			code[page][i] = C_EBREAK;
	asm volatile("fence.i" : : : "memory");
	for (;;)
		for (int page = 0; page < PAGES; page++) {
			for (int i = HALFWORDS; i-- > 0;)
				enter((uint64_t)&code[page][i]);
			beat();
		}
}
