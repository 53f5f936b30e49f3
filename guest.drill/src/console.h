/* Text to the serial port, or through SBI as long as there is none. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdarg.h>

/* Understands %s, %lu, %ld, %lx (printed with 0x) and %%. */
__attribute__((format(printf, 1, 2))) void print(const char *format, ...);
__attribute__((format(printf, 1, 0))) void print_list(const char *format, va_list arguments);

#endif
