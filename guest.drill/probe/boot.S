/*
 * Image header, entry in machine or supervisor mode, and the attempt of something that may trap.
 *
 * As a kernel it is entered by the Linux boot protocol for RISC-V in S-mode; as firmware (the board property
 * firmware=image) in M-mode at the same address, which the header names.
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
/* Registers and control registers are kept as they were found, before anything is written; x5 is needed to say where. */
boot:
	la	t0, boot_registers
	.irp	n, 1,2,3,4,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	sd	x\n, 8*\n(t0)
	.endr
	mv	s1, a1
	la	s0, boot_control
	.irp	csr, sstatus,sie,stvec,scounteren,sscratch,sepc,scause,stval,sip,satp
	csrr	t1, \csr
	sd	t1, (s0)
	addi	s0, s0, 8
	.endr
	csrw	sie, zero
	csrci	sstatus, 2
	la	t1, 1f
	csrw	stvec, t1
	/* In S-mode this traps to 1 below. */
	csrr	t1, mstatus
	sd	t1, (s0)
	.irp	csr, mie,mtvec,mcounteren,mscratch,mepc,mcause,mtval,mip,medeleg,mideleg
	addi	s0, s0, 8
	csrr	t1, \csr
	sd	t1, (s0)
	.endr
	csrw	mie, zero
	csrci	mstatus, 8
	la	t0, trap_machine
	csrw	mtvec, t0
	li	a0, 1
	j	2f
	.balign	4
1:	la	t0, trap_supervisor
	csrw	stvec, t0
	li	a0, 0
2:	la	sp, _stack_top
	mv	a1, s1
	call	probe_main
3:	wfi
	j	3b

	.data
	.balign	8
	.global boot_registers, boot_control
boot_registers:
	.fill	32, 8, 0
boot_control:
	.fill	21, 8, 0

	.bss
	.balign	8
frame:
	.dword	0

	.text
/*
 * bool attempt(struct attempt *it): calls it->code(it->first, it->second) and returns whether it came back. A trap ends
 * the call as a longjmp would: nothing of it is left but what it->cause, epc and value say. There is no return from the
 * trap, as the mode is the same, and interrupts stay off.
 */
	.global attempt
attempt:
	addi	sp, sp, -128
	sd	ra, 0(sp)
	sd	gp, 8(sp)
	sd	tp, 16(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	sd	s\n, 24+8*\n(sp)
	.endr
	sd	a0, 120(sp)
	la	t0, frame
	sd	sp, (t0)
	ld	t0, 0(a0)
	ld	a1, 16(a0)
	ld	a0, 8(a0)
	jalr	t0
	ld	t0, 120(sp)
	sd	a0, 24(t0)
	li	a0, 1
	j	leave

	.balign	4
trap_machine:
	csrr	t1, mcause
	csrr	t2, mepc
	csrr	t3, mtval
	j	trapped
	.balign	4
trap_supervisor:
	csrr	t1, scause
	csrr	t2, sepc
	csrr	t3, stval
trapped:
	la	t0, frame
	ld	sp, (t0)
	ld	t0, 120(sp)
	sd	t1, 32(t0)
	sd	t2, 40(t0)
	sd	t3, 48(t0)
	li	a0, 0
leave:
	ld	ra, 0(sp)
	ld	gp, 8(sp)
	ld	tp, 16(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	ld	s\n, 24+8*\n(sp)
	.endr
	addi	sp, sp, 128
	ret

/* uint64_t all_zeros(from, to): whether all words of 32 bits are zero; to be attempted. */
	.global all_zeros
all_zeros:
	lwu	t0, (a0)
	bnez	t0, 1f
	addi	a0, a0, 4
	bltu	a0, a1, all_zeros
	li	a0, 1
	ret
1:	li	a0, 0
	ret

/* The loads and stores that are attempted: uint64_t load_N(address), void store_N(address, value). */
	.option norvc
	.irp	n, 1,2,4,8
	.global	load_\n, store_\n
	.endr
load_1:	lbu	a0, (a0)
	ret
load_2:	lhu	a0, (a0)
	ret
load_4:	lwu	a0, (a0)
	ret
load_8:	ld	a0, (a0)
	ret
store_1: sb	a1, (a0)
	ret
store_2: sh	a1, (a0)
	ret
store_4: sw	a1, (a0)
	ret
store_8: sd	a1, (a0)
	ret
