KERNEL_SRCS += $(addprefix kernel/arch/x86_64/, \
	boot.S boot_pvh.c trampoline.S trampoline.c entry.S switch.S uaccess.S \
	setup.c gdt.c idt.c percpu.c extable.c context.c fpu.c \
	pgtable.c physmap.c uaccess.c page.S \
	cmdline.c options.c acpi.c acpi_parse.c topology.c apic.c ioapic.c \
	tsc.c smp.c rtc.c power.c early_uart.c)

HOST_TESTS += acpi_parse cmdline
HOST_TEST_acpi_parse := $(addprefix kernel/arch/x86_64/, \
	acpi_parse_test.c acpi_parse.c)
HOST_TEST_cmdline := $(addprefix kernel/arch/x86_64/, cmdline_test.c cmdline.c)
