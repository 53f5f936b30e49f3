# A guest that measures how long it is kept from going on: it reads a register of each device of the virt board in turn,
# and the time counter after each, and keeps the longest time between two readings. A device that there is not costs it a trap.
#
# The record at 0x1000 from the start of the image: 0 the question, which the host writes; 8 the last question answered;
# 16 the longest time since the question before it, in ticks; 24 the rounds since then. The rest is the host's to compare.

	.equ	QUESTION, 0
	.equ	ANSWERED, 8
	.equ	LONGEST, 16
	.equ	ROUNDS, 24
	.equ	STEP, 0x1000

	.globl	_start
_start:	lla	t0, trap
	csrw	stvec, t0
	lla	s0, record
	li	s1, 0                   # the last question answered
	li	s2, 0                   # the longest time
	li	s3, 0                   # rounds
	rdtime	s4                      # the reading before

round:	li	a0, 0x10000000          # the UART, and behind it the virtio devices
	li	a1, 65
	call	watch
	li	a0, 0x04000000          # the platform bus
	li	a1, 16
	call	watch
	addi	s3, s3, 1
	ld	t0, QUESTION(s0)
	beq	t0, s1, round
	mv	s1, t0
	sd	s2, LONGEST(s0)
	sd	s3, ROUNDS(s0)
	fence	rw, rw
	sd	s1, ANSWERED(s0)
	li	s2, 0
	li	s3, 0
	j	round

# Reads one byte of each of a1 devices from a0 on; of none of them that changes anything.
watch:	lbu	t0, 5(a0)
	rdtime	t1
	sub	t0, t1, s4
	mv	s4, t1
	bleu	t0, s2, 1f
	mv	s2, t0
1:	li	t0, STEP
	add	a0, a0, t0
	addi	a1, a1, -1
	bnez	a1, watch
	ret

# Nobody is there: goes on behind the access, which always has four bytes.
	.balign	4
trap:	csrr	t0, sepc
	addi	t0, t0, 4
	csrw	sepc, t0
	sret

	.balign	0x1000
record:	.zero	0x1000
