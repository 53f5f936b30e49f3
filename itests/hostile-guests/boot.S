/* Image header and entry, as in guest.drill/src/boot.S, and a trap handler that leaves what has failed behind. */
	.section .head, "ax"
	.option norvc
	.global _start
_start:
	j	boot
	.word	0
	.dword	0x200000
	.dword	_image_size
	.dword	0
	.word	2
	.word	0
	.dword	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.word	0
	.option rvc

	.text
boot:
	csrw	sie, zero
	csrci	sstatus, 2
	la	sp, _stack_top
	la	t0, _bss_start
	la	t1, _bss_end
1:	sd	zero, (t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b
	la	t0, trap_entry
	csrw	stvec, t0
	call	guest_main
2:	wfi
	j	2b

/* Counts the trap, and goes on at the address in trap_return or, if that is 0, behind the instruction. Interrupts are off. */
	.balign	4
trap_entry:
	csrw	sscratch, t0
	la	t0, trap_saved
	sd	t1, 0(t0)
	la	t0, trap_count
	ld	t1, 0(t0)
	addi	t1, t1, 1
	sd	t1, 0(t0)
	la	t0, trap_return
	ld	t1, 0(t0)
	bnez	t1, 2f
	csrr	t1, sepc
	lhu	t0, 0(t1)
	andi	t0, t0, 3
	addi	t0, t0, -3
	bnez	t0, 1f
	addi	t1, t1, 2
1:	addi	t1, t1, 2
2:	csrw	sepc, t1
	la	t0, trap_saved
	ld	t1, 0(t0)
	csrr	t0, sscratch
	sret

/* void enter(uint64_t address): jumps to an address and comes back with the first trap. */
	.global enter
enter:
	la	t0, trap_return
	la	t1, 1f
	sd	t1, 0(t0)
	jr	a0
1:	la	t0, trap_return
	sd	zero, 0(t0)
	ret

	.bss
	.balign	8
	.global trap_count
trap_count:
	.space	8
trap_return:
	.space	8
trap_saved:
	.space	8
