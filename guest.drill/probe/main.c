#include "attempt.h"
#include "probe.h"
#include "sbi.h"
#include "uart.h"

#define FINISHER_POWER_OFF 0x5555

struct machine machine;
extern uint64_t boot_registers[32], boot_control[];

void probe_main(bool m_mode, const void *tree);

void probe_boot(void)
{
	static const char *const control[] = { "sstatus", "sie", "stvec", "scounteren", "sscratch", "sepc", "scause", "stval",
		"sip", "satp", "mstatus", "mie", "mtvec", "mcounteren", "mscratch", "mepc", "mcause", "mtval", "mip", "medeleg",
		"mideleg" };
	for (uint64_t i = 1; i < 32; i++)
		if (i != 5)
			print("boot x%lu = %lx\n", i, boot_registers[i]);
	for (uint64_t i = 0; i < (machine.m_mode ? 21 : 10); i++)
		print("boot %s = %lx\n", control[i], boot_control[i]);
	/* What firmware is told about the next stage (OpenSBI, fw_dynamic.h). */
	for (uint64_t i = 0; machine.m_mode && i < 6; i++)
		print("boot fw_dynamic %lu = %lx\n", i, get(boot_registers[12] + 8 * i, 8));
}

void probe_main(bool m_mode, const void *tree)
{
	machine.m_mode = m_mode;
	machine.tree = tree;
	print("PROBE begin\n");
	probe_boot();
	probe_tree();
	probe_memory();
	probe_map();
	probe_devices();
	if (!m_mode)
		probe_firmware();
	probe_control();
	probe_instructions();
	if (!m_mode)
		probe_paging();
	print("PROBE end\n");
	uart_drain();
	if (!m_mode)
		sbi_shutdown();
	put(machine.finisher, 4, FINISHER_POWER_OFF);
}
