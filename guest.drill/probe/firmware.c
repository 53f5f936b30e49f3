/* The supervisor binary interface, called with what is right and with what is not. */
#include "sbi.h"
#include "arch.h"
#include "probe.h"

#define NOWHERE 0x123ul
#define NO_HART 1000ul
#define ALL_ONES UINT64_MAX

static const struct {
	uint32_t id;
	const char *name;
} extensions[] = {
	{ 0x00, "set_timer" }, { 0x01, "console_putchar" }, { 0x02, "console_getchar" }, { 0x03, "clear_ipi" },
	{ 0x04, "send_ipi" }, { 0x05, "remote_fence_i" }, { 0x06, "remote_sfence_vma" }, { 0x07, "remote_sfence_vma_asid" },
	{ 0x08, "shutdown" }, { 0x10, "BASE" }, { 0x54494d45, "TIME" }, { 0x735049, "IPI" }, { 0x52464e43, "RFNC" },
	{ 0x48534d, "HSM" }, { 0x53525354, "SRST" }, { 0x504d55, "PMU" }, { 0x4442434e, "DBCN" }, { 0x53555350, "SUSP" },
	{ 0x43505043, "CPPC" }, { 0x4e41434c, "NACL" }, { 0x535441, "STA" }, { 0x535345, "SSE" }, { 0x46574654, "FWFT" },
	{ 0x44425452, "DBTR" }, { 0x4d505859, "MPXY" }, { 0x08000000, "experimental" }, { 0x09000000, "vendor" },
	{ 0x0a000000, "firmware" },
};

/* Calls that change nothing, most of them wrong in some way. */
static const struct {
	uint32_t id, function;
	uint64_t arguments[5];
	const char *name;
} calls[] = {
	{ 0x10, 7, { 0 }, "BASE unknown function" },
	{ 0x54494d45, 1, { 0 }, "TIME unknown function" },
	{ 0x735049, 0, { 0, 0 }, "IPI to nobody" },
	{ 0x735049, 0, { 1, NO_HART }, "IPI to no hart" },
	{ 0x735049, 0, { 2, 0 }, "IPI to hart 1" },
	{ 0x735049, 1, { 0 }, "IPI unknown function" },
	{ 0x52464e43, 0, { 1, 0 }, "RFNC fence_i" },
	{ 0x52464e43, 0, { 1, NO_HART }, "RFNC fence_i on no hart" },
	{ 0x52464e43, 1, { 1, 0, 0, 4096 }, "RFNC sfence_vma" },
	{ 0x52464e43, 1, { 1, 0, 1, ALL_ONES }, "RFNC sfence_vma of a range that wraps" },
	{ 0x52464e43, 2, { 1, 0, 0, 4096, 1 }, "RFNC sfence_vma_asid" },
	{ 0x52464e43, 3, { 1, 0, 0, 4096, 1 }, "RFNC hfence_gvma_vmid" },
	{ 0x52464e43, 4, { 1, 0, 0, 4096 }, "RFNC hfence_gvma" },
	{ 0x52464e43, 5, { 1, 0, 0, 4096, 1 }, "RFNC hfence_vvma_asid" },
	{ 0x52464e43, 6, { 1, 0, 0, 4096 }, "RFNC hfence_vvma" },
	{ 0x52464e43, 7, { 1, 0 }, "RFNC unknown function" },
	{ 0x48534d, 0, { 0, NOWHERE, 0 }, "HSM start of a running hart at a bad address" },
	{ 0x48534d, 0, { 0, 0x80200000, 0 }, "HSM start of a running hart" },
	{ 0x48534d, 0, { NO_HART, 0x80200000, 0 }, "HSM start of no hart" },
	{ 0x48534d, 2, { 0 }, "HSM status" },
	{ 0x48534d, 2, { 1 }, "HSM status of hart 1" },
	{ 0x48534d, 2, { NO_HART }, "HSM status of no hart" },
	{ 0x48534d, 3, { 0, 0, 0 }, "HSM suspend and retain" },
	{ 0x48534d, 3, { 1, 0, 0 }, "HSM suspend in an unknown way" },
	{ 0x48534d, 3, { 0x80000000, NOWHERE, 0 }, "HSM suspend and resume at a bad address" },
	{ 0x48534d, 4, { 0 }, "HSM unknown function" },
	{ 0x53525354, 0, { 9, 0 }, "SRST of an unknown type" },
	{ 0x53525354, 0, { 0, 9 }, "SRST for an unknown reason" },
	{ 0x53525354, 1, { 0 }, "SRST unknown function" },
	{ 0x504d55, 0, { 0 }, "PMU num_counters" },
	{ 0x4442434e, 0, { 0, 0, 0 }, "DBCN write of nothing" },
	{ 0x4442434e, 0, { 4, NOWHERE, 0 }, "DBCN write from a bad address" },
	{ 0x4442434e, 0, { 4, 0x80200000, 1 }, "DBCN write from above 2^64" },
	{ 0x4442434e, 1, { 4, NOWHERE, 0 }, "DBCN read to a bad address" },
	{ 0x4442434e, 3, { 0 }, "DBCN unknown function" },
	{ 0x53555350, 0, { 9 }, "SUSP of an unknown type" },
	{ 0x12345678, 0, { 0 }, "unknown extension" },
};

static struct sbi_result call(uint32_t id, uint32_t function, const uint64_t *arguments)
{
	register uint64_t a0 asm("a0") = arguments[0];
	register uint64_t a1 asm("a1") = arguments[1];
	register uint64_t a2 asm("a2") = arguments[2];
	register uint64_t a3 asm("a3") = arguments[3];
	register uint64_t a4 asm("a4") = arguments[4];
	register uint64_t a6 asm("a6") = function;
	register uint64_t a7 asm("a7") = id;
	asm volatile("ecall" : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4) : "r"(a6), "r"(a7) : "memory");
	return (struct sbi_result){ (int64_t)a0, a1 };
}

static void probe_timer(void)
{
	sbi_set_timer(0);
	print("firmware timer in the past gives sip = %lx\n", csr_read(sip));
	sbi_set_timer(ALL_ONES);
	print("firmware timer in the future gives sip = %lx\n", csr_read(sip));
	sbi_call(0x735049, 0, 1, 0);
	print("firmware IPI to itself gives sip = %lx\n", csr_read(sip));
	asm volatile("csrci sip, 2" : : : "memory");
	print("firmware IPI cleared gives sip = %lx\n", csr_read(sip));
}

void probe_firmware(void)
{
	static const char *const base[] = { "specification", "implementation", "implementation version", "", "mvendorid",
		"marchid", "mimpid" };
	for (uint64_t i = 0; i < sizeof base / sizeof *base; i++)
		if (i != SBI_PROBE)
			print("firmware %s = %lx\n", base[i], sbi_base(i));
	for (uint64_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
		print("firmware has %s = %lx\n", extensions[i].name,
			sbi_call(SBI_BASE, SBI_PROBE, extensions[i].id, 0).value);
	for (uint64_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		struct sbi_result result = call(calls[i].id, calls[i].function, calls[i].arguments);
		print("firmware call %s = error %ld value %lx\n", calls[i].name, result.error, result.value);
	}
	if (sbi_has(SBI_TIME))
		probe_timer();
}
