/* What the registers of the board and of its devices make of what is written. */
#include "attempt.h"
#include "memory.h"
#include "probe.h"
#include "arch.h"

/* A run of registers that behave alike is one fact. */
struct run {
	const char *name;
	uint64_t first, next, ones, zeros;
};

static void end_run(struct run *run)
{
	if (run->next == run->first)
		return;
	print("%s %lx-%lx written ones = %lx\n", run->name, run->first, run->next - 4, run->ones);
	print("%s %lx-%lx written zeros = %lx\n", run->name, run->first, run->next - 4, run->zeros);
	run->first = run->next;
}

/* Writes a register of 32 bits and puts back what was in it. */
static void extend_run(struct run *run, uint64_t address)
{
	uint64_t old = get(address, 4);
	put(address, 4, UINT32_MAX);
	uint64_t ones = get(address, 4);
	put(address, 4, 0);
	uint64_t zeros = get(address, 4);
	put(address, 4, old);
	if (run->next != address || run->ones != ones || run->zeros != zeros) {
		end_run(run);
		run->first = address;
		run->ones = ones;
		run->zeros = zeros;
	}
	run->next = address + 4;
}

static void writable(const char *name, uint64_t from, uint64_t bytes)
{
	struct run run = { name, from, from, 0, 0 };
	for (uint64_t at = from; at < from + bytes; at += 4)
		extend_run(&run, at);
	end_run(&run);
}

static void probe_plic(void)
{
	writable("plic priority", machine.plic, 0x1000);
	writable("plic pending", machine.plic + 0x1000, 0x80);
	for (uint64_t i = 0; i <= machine.plic_contexts; i++) {
		writable("plic enable", machine.plic + 0x2000 + 0x80 * i, 0x80);
		writable("plic threshold", machine.plic + 0x200000 + 0x1000 * i, 4);
	}
}

/* In S-mode these belong to the firmware. */
static void probe_clint(void)
{
	uint64_t msip = machine.clint, mtimecmp = machine.clint + 0x4000, mtime = machine.clint + 0xbff8;
	writable("clint msip", msip, 8);
	writable("clint mtimecmp", mtimecmp, 16);
	put(msip, 4, 1);
	print("clint msip gives mip = %lx\n", csr_read(mip));
	put(msip, 4, 0);
	put(mtimecmp, 8, 0);
	print("clint mtimecmp in the past gives mip = %lx\n", csr_read(mip));
	put(mtimecmp, 8, UINT64_MAX);
	print("clint mtimecmp in the future gives mip = %lx\n", csr_read(mip));
	uint64_t before = get(mtime, 8);
	put(mtime, 8, UINT64_MAX / 2);
	print("clint mtime can be written = %s\n", get(mtime, 8) >= UINT64_MAX / 2 ? "yes" : "no");
	put(mtime, 8, before);
}

static uint64_t uart(uint64_t number)
{
	return machine.uart + (number << machine.uart_shift);
}

static void uart_byte(const char *name, uint64_t number)
{
	uint64_t old = get(uart(number), 1);
	put(uart(number), 1, 0xff);
	print("uart %s written ones = %lx\n", name, get(uart(number), 1));
	put(uart(number), 1, 0);
	print("uart %s written zeros = %lx\n", name, get(uart(number), 1));
	put(uart(number), 1, old);
}

static void probe_uart(void)
{
	uart_byte("interrupt enable", 1);
	uart_byte("line control", 3);
	uart_byte("modem control", 4);
	uart_byte("line status", 5);
	uart_byte("modem status", 6);
	uart_byte("scratch", 7);
	put(uart(2), 1, 0xc1);
	print("uart interrupt identification with FIFOs = %lx\n", get(uart(2), 1));
	put(uart(2), 1, 0);
	print("uart interrupt identification without FIFOs = %lx\n", get(uart(2), 1));
	put(uart(3), 1, 0x80);
	uart_byte("divisor low", 0);
	uart_byte("divisor high", 1);
	put(uart(3), 1, 0);
	/* In loopback, what is sent is received: how much the FIFO holds shows before it overruns. */
	put(uart(2), 1, 0x07);
	put(uart(4), 1, 0x10);
	print("uart modem status in loopback = %lx\n", get(uart(6), 1));
	uint64_t held = 0;
	for (uint64_t i = 0; i < 64 && !(get(uart(5), 1) & 2); i++)
		put(uart(0), 1, 'A' + i);
	for (; held < 100 && get(uart(5), 1) & 1; held++)
		get(uart(0), 1);
	print("uart receives before it overruns = %lu\n", held);
	put(uart(4), 1, 0);
	put(uart(2), 1, 0);
	get(uart(6), 1);
}

/* virtio 1.3, section 4.2.2; the first registers are the same in the legacy interface. */
#define MAGIC 0x74726976
#define STATUS 0x070

static void out(uint64_t slot, uint64_t offset, uint64_t value)
{
	put(slot + offset, 4, value);
}

static void probe_features(uint64_t slot)
{
	for (uint64_t word = 0; word < 4; word++) {
		out(slot, 0x014, word);
		print("virtio %lx offers word %lu = %lx\n", slot, word, get(slot + 0x010, 4));
	}
	out(slot, 0x014, 0);
}

static void probe_queues(uint64_t slot)
{
	for (uint64_t queue = 0; queue < 64; queue++) {
		out(slot, 0x030, queue);
		uint64_t most = get(slot + 0x034, 4);
		if (most != 0)
			print("virtio %lx queue %lu = up to %lu descriptors\n", slot, queue, most);
	}
	out(slot, 0x030, 0);
}

/* Status after acknowledging some feature words; the device is reset before and after. */
static void probe_negotiation(uint64_t slot, const char *name, uint64_t low, uint64_t high)
{
	out(slot, STATUS, 0);
	out(slot, STATUS, 1);
	out(slot, STATUS, 3);
	out(slot, 0x024, 1);
	out(slot, 0x020, high);
	out(slot, 0x024, 0);
	out(slot, 0x020, low);
	out(slot, STATUS, 0xb);
	print("virtio %lx status with %s = %lx\n", slot, name, get(slot + STATUS, 4));
	out(slot, STATUS, 0xf);
	print("virtio %lx status running with %s = %lx\n", slot, name, get(slot + STATUS, 4));
	for (uint64_t i = 0; i < 0x100; i++) {
		uint64_t value = get(slot + 0x100 + i, 1);
		if (value != 0)
			print("virtio %lx configuration %lx with %s = %lx\n", slot, i, name, value);
	}
	out(slot, STATUS, 0);
	print("virtio %lx status reset after %s = %lx\n", slot, name, get(slot + STATUS, 4));
}

static void probe_virtio(uint64_t slot)
{
	probe_features(slot);
	probe_queues(slot);
	out(slot, 0x014, 0);
	uint64_t low = get(slot + 0x010, 4);
	out(slot, 0x014, 1);
	uint64_t high = get(slot + 0x010, 4);
	out(slot, 0x014, 0);
	probe_negotiation(slot, "all features", low, high);
	probe_negotiation(slot, "no features", 0, 0);
	probe_negotiation(slot, "features that are not offered", UINT32_MAX, UINT32_MAX);
}

void probe_devices(void)
{
	probe_plic();
	if (machine.m_mode)
		probe_clint();
	probe_uart();
	for (uint32_t i = 0; i < machine.virtio_count; i++)
		if (get(machine.virtio[i], 4) == MAGIC && get(machine.virtio[i] + 8, 4) != 0)
			probe_virtio(machine.virtio[i]);
}
