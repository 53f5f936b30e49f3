/* Prints as fast as it can, and keeps an interrupt line high that nobody serves. */
#include "guest.h"

#define UART_IER 1

void guest_main(void)
{
	print("HOSTILE begin\n");
	write8(UART + UART_IER, 3);
	for (;;)
		write8(UART, 'x');
}
