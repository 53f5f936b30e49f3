#include "console.h"
#include "arch.h"
#include "sbi.h"
#include "uart.h"

static void put(char c)
{
	if (c == '\n')
		put('\r');
	if (uart_present())
		uart_put(c);
	else
		sbi_call(SBI_LEGACY_PUTCHAR, 0, (uint64_t)c, 0);
}

static void put_number(uint64_t number, uint64_t base)
{
	char digits[20];
	int count = 0;
	do {
		digits[count++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number != 0);
	while (count > 0)
		put(digits[--count]);
}

static void put_text(const char *text)
{
	while (*text != 0)
		put(*text++);
}

void print_list(const char *format, va_list arguments)
{
	for (; *format != 0; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		if (*++format == 'l')
			format++;
		if (*format == 's') {
			put_text(va_arg(arguments, const char *));
		} else if (*format == 'u') {
			put_number(va_arg(arguments, uint64_t), 10);
		} else if (*format == 'x') {
			put_text("0x");
			put_number(va_arg(arguments, uint64_t), 16);
		} else if (*format == 'd') {
			int64_t number = va_arg(arguments, int64_t);
			if (number < 0)
				put('-');
			put_number(number < 0 ? -(uint64_t)number : (uint64_t)number, 10);
		} else {
			put('%');
		}
	}
}

void print(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	print_list(format, arguments);
	va_end(arguments);
}
