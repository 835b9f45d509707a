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
	@echo 'make check            run all tests on all kernels, in VMs (root; an hour)'
	@echo 'make bench            measure it, in a VM (root)'

.PHONY: modules modules_install clean check demo bench dkms-install help
