/* Every comparison the guest makes goes through here: counted, and reported if it fails. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>

enum kind { RAM, DISK, CLOCK, SERIAL, IRQ, CPU, BOOT, KINDS };

extern uint64_t checks[KINDS];

/* Counts a violation and prints "DRILL violation KIND ..."; only outside interrupt handlers. */
__attribute__((format(printf, 2, 3))) void violation(enum kind kind, const char *format, ...);

/* Counts one comparison; the value is whether it held. */
#define check(kind, good, ...) ({ \
	bool good_ = (good); \
	checks[kind]++; \
	if (!good_) \
		violation(kind, __VA_ARGS__); \
	good_; })

uint64_t checks_total(void);
uint64_t violations_total(void);

/* Violations are printed up to a number per report period, so that a broken machine stays readable; this starts the
 * next period and says how many were only counted. */
void violations_period(void);

#endif
