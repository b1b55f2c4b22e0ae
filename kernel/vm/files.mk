KERNEL_SRCS += $(addprefix kernel/vm/, \
	aspace.c region.c region_ref.c map.c fault.c fault_object.c fork.c \
	gather.c shootdown.c protect.c remap.c brk.c advise.c pin.c \
	object.c pagecache.c pagecache_io.c shm.c)
ifeq ($(KTEST),1)
KERNEL_SRCS += $(addprefix kernel/test/, kt_vm.c kt_vm_object.c kt_vm_cores.c)
endif

HOST_TESTS += region pagecache
HOST_TEST_region := $(addprefix kernel/vm/, region_test.c region.c)
HOST_TEST_pagecache := $(addprefix kernel/vm/, \
	pagecache_test.c pagecache.c pagecache_io.c)
TSAN_TESTS += pagecache
TSAN_TEST_pagecache := $(HOST_TEST_pagecache)
