/* The processor: traps, translation, sleep, and checks that none of it is lost. */
#ifndef CPU_H
#define CPU_H

#include <stdbool.h>
#include <stdint.h>

/* Set by every interrupt; cleared by the main loop before it looks for work. */
extern volatile bool cpu_work;

void cpu_start(bool paging);

/* Where the checked memory is seen: with paging on, guest-physical addresses again, but 64 GiB up, so that a lost
 * page-table register cannot go unnoticed. */
void *cpu_alias(uint64_t physical);

/* Sleeps until there is work and checks that all registers survived. */
void cpu_idle(void);

/* Checks control registers and the identity of the machine below. */
void cpu_audit(void);

/* The machine is off after this. */
__attribute__((noreturn)) void cpu_off(void);

/* boot.S */
uint64_t idle(uint64_t pattern, volatile bool *work);

#endif
