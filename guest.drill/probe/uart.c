/* The serial port of the probe: text is kept until everything has been looked at, as sending it changes registers. */
#include "uart.h"
#include "attempt.h"
#include "probe.h"

#define TRANSMIT 0
#define LINE_STATUS 5
#define TRANSMITTER_READY 0x20

static char text[1 << 20];
static uint32_t length;

bool uart_present(void)
{
	return true;
}

void uart_put(char c)
{
	if (length < sizeof text)
		text[length++] = c;
}

void uart_drain(void)
{
	for (uint32_t i = 0; i < length; i++) {
		while (!(get(machine.uart + (LINE_STATUS << machine.uart_shift), 1) & TRANSMITTER_READY))
			;
		put(machine.uart + (TRANSMIT << machine.uart_shift), 1, (uint8_t)text[i]);
	}
	length = 0;
}
