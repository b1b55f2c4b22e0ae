KERNEL_SRCS += drivers/serial/uart16550.c
