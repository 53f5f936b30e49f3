# A guest for several harts, as a flat binary that runs wherever it is loaded. Hart 0 starts all others. Each counts in
# a register and in its record, checks one by the other, and every 4096 counts waits: an even hart for its timer, an odd
# one for the interrupt that the even hart before it sends.
#
# A record has 64 bytes: 0 count, 8 violations, 16 times woken, 24 last time. The records, one per hart, are at offset
# 0x1000; after eight of them comes a count that all harts share.

	.equ	HSM, 0x48534d
	.equ	TIME, 0x54494d45
	.equ	IPI, 0x735049
	.equ	SSIP, 1 << 1
	.equ	STIP, 1 << 5
	.equ	MILLISECOND, 10000

	.globl	_start
_start:	li	s1, 1
start_next:
	mv	a0, s1
	lla	a1, hart
	li	a2, 0
	li	a6, 0
	li	a7, HSM
	ecall
	addi	s1, s1, 1
	beqz	a0, start_next          # until there is no such hart
	li	a0, 0

hart:	mv	s3, a0
	lla	s0, records
	slli	t0, a0, 6
	add	s0, s0, t0
	lla	s4, shared
	li	t0, SSIP | STIP         # they end WFI; no trap is taken, as SIE is off
	csrw	sie, t0
	li	s1, 0
	not	s2, s1

count:	ld	t0, 0(s0)
	bne	t0, s1, violation
	not	t0, s1
	bne	t0, s2, violation
	rdtime	t1
	ld	t0, 24(s0)
	bltu	t1, t0, violation
	sd	t1, 24(s0)
	addi	s1, s1, 1
	not	s2, s1
	sd	s1, 0(s0)
	li	t0, 1
	amoadd.d	zero, t0, (s4)
	slli	t0, s1, 52
	bnez	t0, count

	andi	t0, s3, 1
	bnez	t0, await_interrupt
	rdtime	a0
	li	t0, MILLISECOND
	add	a0, a0, t0
	li	a6, 0
	li	a7, TIME
	ecall
await_timer:
	wfi
	csrr	t0, sip
	andi	t0, t0, STIP
	beqz	t0, await_timer
	li	a0, -1
	ecall	# takes the timer back; the call is still TIME
	li	a0, 1
	addi	a1, s3, 1
	li	a7, IPI
	ecall	# to the next hart, if there is one
	j	woken
await_interrupt:
	wfi
	csrr	t0, sip
	andi	t0, t0, SSIP
	beqz	t0, await_interrupt
	csrci	sip, SSIP
woken:	ld	t0, 16(s0)
	addi	t0, t0, 1
	sd	t0, 16(s0)
	j	count

violation:
	ld	t0, 8(s0)
	addi	t0, t0, 1
	sd	t0, 8(s0)
	sd	zero, 24(s0)
	ld	s1, 0(s0)
	not	s2, s1
	j	count

	.org	0x1000
records:
	.space	8 * 64
shared:	.dword	0
