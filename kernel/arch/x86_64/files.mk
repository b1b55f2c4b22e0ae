KERNEL_SRCS += $(addprefix kernel/arch/x86_64/, \
	boot.S boot_pvh.c trampoline.S trampoline.c entry.S switch.S uaccess.S \
	setup.c gdt.c idt.c percpu.c extable.c context.c fpu.c \
	pgtable.c physmap.c uaccess.c page.S)
