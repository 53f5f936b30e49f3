/* Driver of the paravirtual clock "sterna,pvclock", the structure of KVM's kvmclock in guest memory. */
#ifndef PVCLOCK_H
#define PVCLOCK_H

#include <stdbool.h>
#include <stdint.h>

void pvclock_start(uint64_t base);

/* Registers the page, or takes it back; says so on the console. */
void pvclock_switch(bool on);
bool pvclock_on(void);

/* Reads the clock if it is on: it never goes back, and against the time counter it only moves across a pause that the
 * host announced. */
void pvclock_check(void);

/* Checks that the device still knows our page, and that the wall clock holds. */
void pvclock_audit(void);

/* By how much the clock is ahead of the time counter since it was registered: the blackouts it accounts for. */
uint64_t pvclock_blackout(void);

#endif
