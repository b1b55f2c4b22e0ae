KERNEL_SRCS += $(addprefix kernel/image/, elf_parse.c argv.c stack.c \
	segments.c load.c exec.c)
HOST_TESTS += elf_parse
HOST_TEST_elf_parse := kernel/image/elf_parse_test.c kernel/image/elf_parse.c
