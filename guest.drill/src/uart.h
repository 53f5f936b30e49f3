/* Driver of the 16550A (National Semiconductor PC16550D data sheet), interrupts for both directions. */
#ifndef UART_H
#define UART_H

#include <stdbool.h>
#include <stdint.h>

void uart_start(uint64_t base, uint32_t shift);
bool uart_present(void);

/* Queues a character; waits while the queue is full. Not for interrupt handlers. */
void uart_put(char c);

/* The next received character, or -1. */
int uart_get(void);

void uart_interrupt(void);

/* Waits until all that was queued has left the transmitter. */
void uart_drain(void);

/* Sends the rest by polling, interrupts off: the last words of a guest that cannot go on. */
void uart_panic(void);

/* Checks that the registers hold what was written, that nothing was overrun and that interrupts come. */
void uart_audit(void);

#endif
