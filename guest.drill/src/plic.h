/* Driver of the platform-level interrupt controller (RISC-V PLIC specification 1.0.0), one S-mode context. */
#ifndef PLIC_H
#define PLIC_H

#include <stdint.h>

void plic_start(uint64_t base, uint32_t context);

/* Lets a source through to this hart, and its handler be called. */
void plic_enable(uint32_t irq, void (*handler)(void));

/* Claims, handles and completes all that is pending. */
void plic_interrupt(void);

/* Checks that the registers hold what was written and that no foreign source was claimed. */
void plic_audit(void);

#endif
