ifeq ($(KTEST),1)
KERNEL_SRCS += $(addprefix kernel/test/, ktest.c kt_arch.c kt_uart.c)
endif
