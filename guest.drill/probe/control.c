#include "attempt.h"
#include "memory.h"
#include "probe.h"

#define REGISTERS 0x1000u

/* Instructions of Zicsr: rd = register, and register = rs. */
#define A0 10u
#define A1 11u
#define A2 12u
#define CSRRW(rd, csr, rs) ((csr) << 20 | (rs) << 15 | 1u << 12 | (rd) << 7 | 0x73)
#define CSRRS(rd, csr, rs) ((csr) << 20 | (rs) << 15 | 2u << 12 | (rd) << 7 | 0x73)
#define MOVE(rd, rs) ((rs) << 15 | (rd) << 7 | 0x13)

static const struct {
	uint16_t number;
	const char *name;
} names[] = {
	{ 0x001, "fflags" }, { 0x002, "frm" }, { 0x003, "fcsr" }, { 0x008, "vstart" }, { 0x009, "vxsat" }, { 0x00a, "vxrm" },
	{ 0x00f, "vcsr" }, { 0x011, "ssp" }, { 0x015, "seed" }, { 0x017, "jvt" }, { 0x100, "sstatus" }, { 0x104, "sie" },
	{ 0x105, "stvec" }, { 0x106, "scounteren" }, { 0x10a, "senvcfg" }, { 0x10c, "sstateen0" }, { 0x120, "scountinhibit" },
	{ 0x140, "sscratch" }, { 0x141, "sepc" }, { 0x142, "scause" }, { 0x143, "stval" }, { 0x144, "sip" },
	{ 0x14d, "stimecmp" }, { 0x180, "satp" }, { 0x200, "vsstatus" }, { 0x280, "vsatp" }, { 0x300, "mstatus" },
	{ 0x301, "misa" }, { 0x302, "medeleg" }, { 0x303, "mideleg" }, { 0x304, "mie" }, { 0x305, "mtvec" },
	{ 0x306, "mcounteren" }, { 0x30a, "menvcfg" }, { 0x30c, "mstateen0" }, { 0x320, "mcountinhibit" },
	{ 0x340, "mscratch" }, { 0x341, "mepc" }, { 0x342, "mcause" }, { 0x343, "mtval" }, { 0x344, "mip" },
	{ 0x34a, "mtinst" }, { 0x34b, "mtval2" }, { 0x3a0, "pmpcfg0" }, { 0x3a2, "pmpcfg2" }, { 0x5a8, "scontext" },
	{ 0x600, "hstatus" }, { 0x602, "hedeleg" }, { 0x603, "hideleg" }, { 0x680, "hgatp" }, { 0x747, "mseccfg" },
	{ 0x7a0, "tselect" }, { 0x7a1, "tdata1" }, { 0x7a2, "tdata2" }, { 0x7a3, "tdata3" }, { 0x7b0, "dcsr" },
	{ 0xb00, "mcycle" }, { 0xb02, "minstret" }, { 0xc00, "cycle" }, { 0xc01, "time" }, { 0xc02, "instret" },
	{ 0xc20, "vl" }, { 0xc21, "vtype" }, { 0xc22, "vlenb" }, { 0xda0, "scountovf" }, { 0xe12, "hgeip" },
	{ 0xf11, "mvendorid" }, { 0xf12, "marchid" }, { 0xf13, "mimpid" }, { 0xf14, "mhartid" }, { 0xf15, "mconfigptr" },
	{ 0xfb0, "mtopi" },
};

static const struct {
	uint16_t first, count, number;
	const char *name;
} families[] = {
	{ 0x323, 29, 3, "mhpmevent" }, { 0x3b0, 64, 0, "pmpaddr" }, { 0xb03, 29, 3, "mhpmcounter" }, { 0xc03, 29, 3, "hpmcounter" },
};

static void key(uint32_t number)
{
	print("control register %lx", (uint64_t)number);
	for (uint64_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == number)
			print(" %s", names[i].name);
	for (uint64_t i = 0; i < sizeof families / sizeof *families; i++)
		if (number - families[i].first < families[i].count)
			print(" %s%lu", families[i].name, (uint64_t)(number - families[i].first + families[i].number));
}

/* What traps write, and where they go, is the doing of the probe; main.c tells what it was before. */
static bool is_for_traps(uint32_t number)
{
	uint32_t plain = number & 0x0ff;
	return plain == 0x05 || plain == 0x41 || plain == 0x42 || plain == 0x43;
}

/* Counters and random numbers differ from run to run. */
static bool varies(uint32_t number)
{
	return number == 0x015 || number == 0xb00 || number == 0xb02 || (number >= 0xc00 && number <= 0xc02);
}

static bool is_pmp_configuration(uint32_t number)
{
	return number >= 0x3a0 && number < 0x3b0;
}

/* What is read after writing a pattern; the old value is back before anything else happens. */
static void print_written(uint32_t number, const char *what, uint64_t pattern)
{
	uint32_t code[] = { CSRRW(A1, number, A0), CSRRS(A2, number, 0), CSRRW(0, number, A1), MOVE(A0, A2) };
	struct attempt it = { 0, pattern, 0, 0, 0, 0, 0 };
	bool good = try_code(&it, code, sizeof code / sizeof *code);
	key(number);
	if (good)
		print(" %s = %lx\n", what, it.result);
	else
		print(" %s = trap cause %lu\n", what, it.cause);
}

static void probe_register(uint32_t number)
{
	uint32_t code[] = { CSRRS(A0, number, 0) };
	struct attempt it = { 0, 0, 0, 0, 0, 0, 0 };
	if (!try_code(&it, code, 1)) {
		/* Only what is unusual is said of a register that is not there. */
		if (it.cause != 2 || it.value != code[0]) {
			key(number);
			print(" = trap cause %lu value %lx\n", it.cause, it.value);
		}
		return;
	}
	key(number);
	if (varies(number))
		print(" = a counter\n");
	else if (is_for_traps(number))
		print(" = in use\n");
	else
		print(" = %lx\n", it.result);
	if (number >> 10 == 3 || varies(number))
		return;
	/* A lock bit would hold until a reset. */
	print_written(number, "written ones", is_pmp_configuration(number) ? 0x7f7f7f7f7f7f7f7f : UINT64_MAX);
	print_written(number, "written zeros", 0);
}

void probe_control(void)
{
	print("control registers that are absent = illegal instruction, its bits in the trap value\n");
	for (uint32_t number = 0; number < REGISTERS; number++)
		probe_register(number);
}
