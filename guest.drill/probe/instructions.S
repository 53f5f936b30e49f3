/* One or two instructions of each extension, in the order of the privileged and unprivileged specifications, and odd
 * accesses. a0 points to 4 KiB aligned memory of zeros that may be written, a1 is 1, and the result is in a0. */
	.macro	instruction name:req, code:req
	.pushsection .rodata
8:	.asciz	"\name"
	.popsection
	.option	norvc
	.balign	4
9:	\code
	mv	a0, a2
	ret
	.pushsection .data
	.dword	8b, 9b
	.popsection
	.endm

	.data
	.balign	8
	.global instructions, instructions_end
instructions:

	.text
	.option	arch, +m, +a, +f, +d, +q, +v, +h, +zfh, +zba, +zbb, +zbc, +zbs, +zbkb, +zbkx
	.option	arch, +zknd, +zkne, +zknh, +zksed, +zksh, +zicbom, +zicbop, +zicboz, +zawrs, +svinval, +zihintpause

	instruction "I add", "add a2, a1, a1"
	instruction "I fence", "fence"
	instruction "I fence.tso", "fence.tso"
	instruction "I ebreak", "ebreak"
	instruction "M mul", "mul a2, a1, a1"
	instruction "M divu by zero", "divu a2, a1, zero"
	instruction "M remw by zero", "remw a2, a1, zero"
	instruction "A lr.w", "lr.w a2, (a0)"
	instruction "A sc.w after lr.w", "lr.w a3, (a0); sc.w a2, a1, (a0)"
	instruction "A sc.d alone", "sc.d a2, a1, (a0)"
	instruction "A amoadd.d", "amoadd.d a2, a1, (a0)"
	instruction "Zacas amocas.w", ".insn r 0x2f, 2, 0x14, a2, a0, a1"
	instruction "Zabha amoadd.b", ".insn r 0x2f, 0, 0, a2, a0, a1"
	instruction "F fmv.w.x", "fmv.w.x fa0, a1"
	instruction "F fadd.s", "fadd.s fa0, fa0, fa0"
	instruction "F flw", "flw fa0, (a0)"
	instruction "D fadd.d", "fadd.d fa0, fa0, fa0"
	instruction "Q fadd.q", "fadd.q fa0, fa0, fa0"
	instruction "Zfh fadd.h", "fadd.h fa0, fa0, fa0"
	instruction "Zfa fli.s", ".insn r 0x53, 0, 0x78, f10, f1, f0"
	instruction "C c.li", ".insn 0x4605; .insn 0x0001"
	instruction "C c.fld", ".insn 0x2108; .insn 0x0001"
	instruction "C c.ebreak", ".insn 0x9002; .insn 0x0001"
	instruction "C reserved, all zeros", ".insn 0x0000; .insn 0x0001"
	instruction "C c.addi4spn with 0", ".insn 0x0008; .insn 0x0001"
	instruction "C c.lwsp to x0", ".insn 0x4002; .insn 0x0001"
	instruction "Zcb c.zext.b", ".insn 0x9e61; .insn 0x0001"
	instruction "Zcmop c.mop.1", ".insn 0x6081; .insn 0x0001"
	instruction "Zcmt cm.jt", ".insn 0xa002; .insn 0x0001"
	instruction "V vsetvli", "vsetvli a2, a1, e8, m1, ta, ma"
	instruction "Zifencei fence.i", "fence.i"
	instruction "Zicsr csrr cycle", "csrr a2, cycle; li a2, 0"
	instruction "Zicsr csrr time", "csrr a2, time; li a2, 0"
	instruction "Zicsr csrr hpmcounter3", "csrr a2, hpmcounter3"
	instruction "Zicond czero.eqz", ".insn r 0x33, 5, 7, a2, a1, a1"
	instruction "Zihintpause pause", "pause"
	instruction "Zihintntl ntl.p1", ".insn r 0x33, 0, 0, x0, x0, x2"
	instruction "Zimop mop.r.0", ".insn 0x81c5c673"
	instruction "Zawrs wrs.sto", "wrs.sto"
	instruction "Zicbom cbo.clean", "cbo.clean 0(a0)"
	instruction "Zicbom cbo.inval", "cbo.inval 0(a0)"
	instruction "Zicboz cbo.zero", "cbo.zero 0(a0)"
	instruction "Zicbop prefetch.r", "prefetch.r 0(a0)"
	instruction "Zba sh1add", "sh1add a2, a1, a1"
	instruction "Zbb andn", "andn a2, a1, a1"
	instruction "Zbb clz", "clz a2, a1"
	instruction "Zbc clmul", "clmul a2, a1, a1"
	instruction "Zbs bset", "bset a2, a1, a1"
	instruction "Zbkb pack", "pack a2, a1, a1"
	instruction "Zbkx xperm8", "xperm8 a2, a1, a1"
	instruction "Zknd aes64ds", "aes64ds a2, a1, a1"
	instruction "Zkne aes64es", "aes64es a2, a1, a1"
	instruction "Zknh sha256sum0", "sha256sum0 a2, a1"
	instruction "Zksed sm4ed", "sm4ed a2, a1, a1, 0"
	instruction "Zksh sm3p0", "sm3p0 a2, a1"
	instruction "Zicfiss sspush", ".insn 0xce104073"
	instruction "H hlv.b", "hlv.b a2, (a0)"
	instruction "H hfence.vvma", "hfence.vvma zero, zero"
	instruction "Svinval sinval.vma", "sinval.vma zero, zero"
	instruction "Svinval sfence.w.inval", "sfence.w.inval"
	instruction "S sfence.vma", "sfence.vma"
	instruction "S sfence.vma with registers", "sfence.vma a0, a1"
	instruction "N uret", ".insn 0x00200073"
	instruction "Smrnmi mnret", ".insn 0x70200073"
	instruction "Sdext dret", ".insn 0x7b200073"
	instruction "custom-0", ".insn 0x0000000b"
	instruction "custom-1", ".insn 0x0000002b"
	instruction "custom-2", ".insn 0x0000005b"
	instruction "custom-3", ".insn 0x0000007b"
	instruction "all ones", ".word 0xffffffff"
	instruction "load misaligned", "ld a2, 3(a0)"
	instruction "load across a page", "li a3, 4092; add a3, a3, a0; ld a2, (a3)"
	instruction "store misaligned", "sd a1, 3(a0)"
	instruction "amoadd.d misaligned", "addi a3, a0, 4; amoadd.d a2, a1, (a3)"
	instruction "lr.w misaligned", "addi a3, a0, 2; lr.w a2, (a3)"
	instruction "load at an address that is not sign-extended", "li a3, 1; slli a3, a3, 62; ld a2, (a3)"
	instruction "jump to an odd address", ".insn i 0x67, 0, x0, a0, 2"
	instruction "jump to nothing", "li a3, 0; jr a3"

	.data
instructions_end:
	.dword	0
