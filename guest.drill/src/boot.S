/*
 * Image header, entry, trap entry and the idle loop: what cannot be said in C.
 *
 * Entry follows the Linux boot protocol for RISC-V (Documentation/riscv/boot.rst): S-mode, satp = 0, a0 = hart id,
 * a1 = physical address of the device tree. The header is that of boot-image-header.rst, version 0.2.
 */
	.section .head, "ax"
	.option norvc
	.global _start
_start:
	j	boot			/* code0: the header is also the first instruction */
	.word	0			/* code1 */
	.dword	0x200000		/* text_offset from the start of RAM */
	.dword	_image_size		/* with .bss and the stack, so that nobody puts anything there */
	.dword	0			/* flags: little endian */
	.word	2			/* header version 0.2 */
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
	call	drill_main
2:	wfi
	j	2b

/*
 * There is one stack and traps do not nest, so the frame goes onto the interrupted stack. Every register is saved,
 * also those that C would keep: idle() below shows that all of them come back.
 */
	.balign	4
	.global trap_entry
trap_entry:
	addi	sp, sp, -256
	.irp	n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	sd	x\n, 8*\n(sp)
	.endr
	csrr	a0, scause
	csrr	a1, sepc
	csrr	a2, stval
	call	trap
	.irp	n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld	x\n, 8*\n(sp)
	.endr
	addi	sp, sp, 256
	sret

/*
 * uint64_t idle(uint64_t pattern, volatile bool *work): sleeps until an interrupt, unless *work is set already, with
 * pattern + n in every register xn but x0, sp, and returns the set of registers that came back changed. The guest
 * spends most of its time here, so a processor state that lost a register on its way is seen.
 *
 * WFI is entered with interrupts off and wakes all the same (privileged specification, 3.3.3), so no wake-up is lost
 * between the look at *work and the sleep; the pending trap is taken by the CSRSI after it, the patterns in place.
 */
	.global idle
idle:
	addi	sp, sp, -128
	sd	ra, 0(sp)
	sd	gp, 8(sp)
	sd	tp, 16(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	sd	s\n, 24+8*\n(sp)
	.endr
	sd	a0, 120(sp)
	csrci	sstatus, 2
	lbu	t0, (a1)
	bnez	t0, 1f
	.irp	n, 1,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	addi	x\n, a0, \n
	.endr
	addi	a0, a0, 10
	wfi
	csrsi	sstatus, 2
	csrci	sstatus, 2
	/* x1 becomes the set of changed registers after it has been looked at itself; x3 is scratch after its turn. */
	addi	sp, sp, -16
	sd	x1, 0(sp)
	sd	x3, 8(sp)
	ld	x3, 136(sp)
	ld	x1, 0(sp)
	sub	x1, x1, x3
	addi	x1, x1, -1
	snez	x1, x1
	slli	x1, x1, 1
	sd	x1, 0(sp)
	ld	x1, 8(sp)
	sub	x1, x1, x3
	addi	x1, x1, -3
	snez	x1, x1
	slli	x1, x1, 3
	ld	x3, 0(sp)
	or	x1, x1, x3
	ld	x3, 136(sp)
	.irp	n, 4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	sub	x\n, x\n, x3
	addi	x\n, x\n, -\n
	snez	x\n, x\n
	slli	x\n, x\n, \n
	or	x1, x1, x\n
	.endr
	addi	sp, sp, 16
	mv	a0, x1
	j	2f
1:	li	a0, 0
2:	csrsi	sstatus, 2
	ld	ra, 0(sp)
	ld	gp, 8(sp)
	ld	tp, 16(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	ld	s\n, 24+8*\n(sp)
	.endr
	addi	sp, sp, 128
	ret
