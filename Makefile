# SPDX-License-Identifier: GPL-2.0-only
# What a person types; what kbuild reads is in Kbuild.

KDIR ?= /lib/modules/$(shell uname -r)/build
VERSION := $(shell sed -n 's/^MODULE_VERSION("\(.*\)");/\1/p' smbsign/main.c)
DKMS_SRC = $(DESTDIR)/usr/src/smbsign-$(VERSION)

modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

modules_install: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install

clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR) clean

check:
	@selftests/run

# On a kernel with KASAN, lockdep and kmemleak, which is built once.
check-debug:
	@selftests/run --debug

# Which kernels of the distribution's archive the tables fit; boots none.
check-reach:
	@scripts/reach

# No VM, no root, under a minute.
check-quick:
	@selftests/unit/quick

# Every combination of dialect, cipher and algorithm, where check takes samples.
check-all:
	@SMBSIGN_ALL=1 selftests/run

demo:
	@selftests/demo/run

bench:
	@selftests/bench/run

# DKMS builds the module again for each kernel that is installed later.
dkms-install:
	mkdir -p $(DKMS_SRC)
	cp -r Kbuild Makefile LICENSE include smbsign $(DKMS_SRC)
	sed 's/@VERSION@/$(VERSION)/' dkms.conf >$(DKMS_SRC)/dkms.conf
	dkms add smbsign/$(VERSION)
	dkms install smbsign/$(VERSION)

help:
	@echo 'make                  build smbsign.ko for the running kernel (KDIR= for another)'
	@echo 'make modules_install  install it for that kernel'
	@echo 'make dkms-install     install it for this and all later kernels, by DKMS'
	@echo 'make clean            remove what was built'
	@echo 'make demo             see it work, in a VM (root; 3 minutes after downloads)'
	@echo 'make check            run all tests on all kernels, in VMs (root; 45 minutes)'
	@echo 'make check-all        the same with every combination of dialect, cipher and algorithm'
	@echo 'make check-quick      run the unit tests only (no VM, no root, under a minute)'
	@echo 'make check-debug      run them on a kernel that watches itself (root; hours)'
	@echo 'make check-reach      tell which of the archive'"'"'s kernels smbsign understands (root)'
	@echo 'make bench            measure it, in a VM (root)'

.PHONY: modules modules_install clean check check-all check-debug check-quick check-reach demo bench dkms-install help
