#include "uart.h"
#include "arch.h"
#include "check.h"
#include "clock.h"

#define RBR 0
#define THR 0
#define IER 1
#define IIR 2
#define FCR 2
#define LCR 3
#define MCR 4
#define LSR 5
#define MSR 6
#define SCR 7

#define IER_RECEIVE 0x01
#define IER_TRANSMIT 0x02
#define IER_LINE 0x04
#define FCR_ENABLE_RESET_TRIGGER_8 0x87
#define LCR_8N1 0x03
#define LCR_DIVISOR 0x80
#define MCR_VALUE 0x0b /* DTR, RTS, OUT2 */
#define LSR_DATA 0x01
#define LSR_OVERRUN 0x02
#define LSR_THR_EMPTY 0x20
#define LSR_IDLE 0x40
#define FIFO 16
#define DIVISOR 2 /* 115200 baud of the usual 3.6864 MHz */
#define HANDLER_ROUNDS 1000

/* Rings with free-running indices: the size is a power of two. */
#define SIZE 4096
struct ring {
	volatile uint32_t in, out;
	char text[SIZE];
};

static uint64_t base;
static uint32_t shift;
static struct ring sending, received;
static volatile uint64_t overruns, storms, lost_interrupts;
static volatile uint64_t progress; /* when the transmitter last took something */
static volatile bool enabled;      /* the transmit interrupt */
static uint8_t scratch;

static uint8_t in(uint32_t index)
{
	return mmio_read8(base + ((uint64_t)index << shift));
}

static void out(uint32_t index, uint8_t value)
{
	mmio_write8(base + ((uint64_t)index << shift), value);
}

static void set_divisor(uint8_t divisor)
{
	out(LCR, LCR_8N1 | LCR_DIVISOR);
	out(0, divisor);
	out(1, 0);
	out(LCR, LCR_8N1);
}

void uart_start(uint64_t address, uint32_t register_shift)
{
	base = address;
	shift = register_shift;
	out(IER, 0);
	set_divisor(DIVISOR);
	out(FCR, FCR_ENABLE_RESET_TRIGGER_8);
	out(MCR, MCR_VALUE);
	out(SCR, scratch);
	out(IER, IER_RECEIVE | IER_LINE);
}

bool uart_present(void)
{
	return base != 0;
}

static void enable_transmit(bool on)
{
	enabled = on;
	out(IER, IER_RECEIVE | IER_LINE | (on ? IER_TRANSMIT : 0));
}

/* The holding register is empty: that is room for a whole FIFO. */
static void transmit(void)
{
	progress = read_time();
	for (int i = 0; i < FIFO && sending.out != sending.in; i++) {
		out(THR, (uint8_t)sending.text[sending.out % SIZE]);
		sending.out++;
	}
	if (sending.out == sending.in)
		enable_transmit(false);
}

static void receive(void)
{
	uint8_t status;
	while ((status = in(LSR)) & LSR_DATA) {
		char c = (char)in(RBR);
		if (status & LSR_OVERRUN)
			overruns++;
		if (received.in - received.out < SIZE)
			received.text[received.in++ % SIZE] = c;
	}
}

void uart_interrupt(void)
{
	for (int i = 0; i < HANDLER_ROUNDS; i++) {
		uint8_t cause = in(IIR) & 0x0f;
		if (cause & 1)
			return;
		switch (cause) {
		case 0x2:
			transmit();
			break;
		case 0x4:
		case 0xc:
			receive();
			break;
		case 0x6:
			if (in(LSR) & LSR_OVERRUN)
				overruns++;
			break;
		default:
			in(MSR);
		}
	}
	storms++;
}

/* Once per lost interrupt: the queue has stood still for longer than any blackout, and the transmitter is free. */
static void revive(void)
{
	if (sending.in == sending.out || read_time() - progress < clock_patience() || !(in(LSR) & LSR_THR_EMPTY))
		return;
	lost_interrupts++;
	interrupts_off();
	transmit();
	interrupts_on();
}

void uart_put(char c)
{
	while (sending.in - sending.out == SIZE)
		revive();
	if (sending.in == sending.out)
		progress = read_time();
	sending.text[sending.in % SIZE] = c;
	sending.in++;
	interrupts_off();
	if (!enabled && sending.in != sending.out)
		enable_transmit(true);
	interrupts_on();
}

int uart_get(void)
{
	return received.out == received.in ? -1 : (uint8_t)received.text[received.out++ % SIZE];
}

void uart_drain(void)
{
	while (base != 0 && (sending.in != sending.out || !(in(LSR) & LSR_IDLE)))
		revive();
}

void uart_panic(void)
{
	while (base != 0 && sending.in != sending.out)
		if (in(LSR) & LSR_THR_EMPTY)
			transmit();
}

static bool counted(volatile uint64_t *counter)
{
	bool any = *counter != 0;
	*counter = 0;
	return any;
}

void uart_audit(void)
{
	if (base == 0)
		return;
	revive();
	check(SERIAL, !counted(&lost_interrupts), "no interrupt though the transmitter was empty");
	check(SERIAL, !counted(&overruns), "received characters were overrun");
	check(SERIAL, !counted(&storms), "interrupt did not go away");

	interrupts_off();
	uint64_t lcr = in(LCR), mcr = in(MCR), ier = in(IER), scr = in(SCR);
	uint64_t wanted = IER_RECEIVE | IER_LINE | (enabled ? IER_TRANSMIT : 0);
	out(LCR, LCR_8N1 | LCR_DIVISOR);
	uint64_t divisor = (uint64_t)in(1) << 8 | in(0);
	out(LCR, LCR_8N1);
	uint64_t was = scratch;
	out(SCR, scratch = (uint8_t)(scratch * 5 + 1));
	interrupts_on();

	check(SERIAL, lcr == LCR_8N1, "register=LCR expected=%lx found=%lx", (uint64_t)LCR_8N1, lcr);
	check(SERIAL, mcr == MCR_VALUE, "register=MCR expected=%lx found=%lx", (uint64_t)MCR_VALUE, mcr);
	check(SERIAL, ier == wanted, "register=IER expected=%lx found=%lx", wanted, ier);
	check(SERIAL, scr == was, "register=SCR expected=%lx found=%lx", was, scr);
	check(SERIAL, divisor == DIVISOR, "register=DLL expected=%lx found=%lx", (uint64_t)DIVISOR, divisor);
}
