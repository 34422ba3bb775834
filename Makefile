# SPDX-License-Identifier: GPL-2.0-only
# The one place from which everything is built, installed, shown and tested.
# `make help` lists the targets. The guest's build is this same file, run
# inside the guest's root file system by selftests/vm/build.

SHELL := /bin/bash

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
VMLINUX_BTF ?= /sys/kernel/btf/vmlinux
export RESOLVE_BTFIDS
DESTDIR ?=
MODDIR ?= /lib/modules/$(KVER)/updates
CLANG ?= clang
BPFTOOL ?= bpftool
IPROUTE2_CACHE ?= $(CURDIR)/build/native/iproute2-source
IPROUTE2_OUT ?= $(CURDIR)/build/native/iproute2

vm := selftests/vm

# What to build and install; fewer while a part is being worked on.
PARTS ?= module bpf iproute2 tests

.PHONY: all module bpf iproute2 tests clean help
.PHONY: install install-module install-bpf install-iproute2 install-tests
.PHONY: uninstall
all: $(PARTS)

# --- the module ---------------------------------------------------------

module:
	@test -d $(KDIR) || { echo "$(KDIR): no kernel headers; install \
	linux-headers-$(KVER) or name them with KDIR=" >&2; exit 1; }
	+$(MAKE) -C $(KDIR) M=$(CURDIR) modules
	$(vm)/module-btf ilnp6.ko $(VMLINUX_BTF) $(KDIR)

# --- the BPF programs: the tool's and the tests' ------------------------

bpf_headers := $(wildcard bpf/*.h linux/include/uapi/linux/*.h)
bpf_headers := $(filter-out %.skel.h bpf/vmlinux.h,$(bpf_headers))
bpf_objects := $(patsubst %.c,%.o,$(wildcard bpf/*.bpf.c bpf/*/*.bpf.c \
	selftests/*.bpf.c selftests/*/*.bpf.c))

skel := bpf/ilnp6.skel.h
bpf: $(skel) $(bpf_objects)

bpf/vmlinux.h: $(VMLINUX_BTF)
	$(BPFTOOL) btf dump file $< format c >$@.tmp
	mv $@.tmp $@

%.bpf.o: %.bpf.c bpf/vmlinux.h $(bpf_headers)
	$(CLANG) -O2 -g -Wall -Werror -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 \
		-fms-extensions -Wno-microsoft-anon-tag \
		-Wno-missing-declarations -I bpf -I linux/include/uapi -c $< -o $@
	llvm-strip -g $@

%.skel.h: %.bpf.o
	$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf >$@.tmp
	mv $@.tmp $@

# --- the tool -----------------------------------------------------------

iproute2: $(if $(filter bpf,$(PARTS)),$(skel))
	bash iproute2-ilnp/build.sh fetch $(IPROUTE2_CACHE)
	+bash iproute2-ilnp/build.sh build $(IPROUTE2_CACHE) $(IPROUTE2_OUT)

# --- what the tests need compiled ---------------------------------------

tests:
	+$(MAKE) -C selftests

# --- install ------------------------------------------------------------

install: $(PARTS:%=install-%)

install-module:
	install -D -m 644 ilnp6.ko $(DESTDIR)$(MODDIR)/ilnp6.ko
	$(if $(DESTDIR),,depmod -a $(KVER))

install-iproute2:
	bash iproute2-ilnp/build.sh install $(IPROUTE2_OUT) "$(DESTDIR)"

install-bpf install-tests:

uninstall:
	rm -f $(DESTDIR)$(MODDIR)/ilnp6.ko
	bash iproute2-ilnp/build.sh uninstall "$(DESTDIR)"
	$(if $(DESTDIR),,depmod -a $(KVER))

clean:
	rm -rf build/native *.o *.ko *.mod *.mod.c .*.cmd modules.order \
		Module.symvers bpf/vmlinux.h
	find bpf linux selftests \( -name '*.o' -o -name '.*.cmd' \
		-o -name '*.skel.h' \) -delete

# --- Debian packages: module source for DKMS, and the rest ---------------

.PHONY: deb
deb: bpf iproute2
	packaging/deb $(IPROUTE2_OUT) build/deb

# --- guests -------------------------------------------------------------

.PHONY: setup guest-build guest shell demo bench check check-all run_tests
.PHONY: support-table conformance
export KERNEL CLOCK SMP MEM QEMU_EXTRA TIMEOUT TESTS PARTS

setup guest-build:
	@$(vm)/with-build

# RUN is relative to where make was called, even by make -C.
export RUN
guest:
	@run=$$RUN; \
	[[ $$run = /* ]] || [ ! -e "$(PWD)/$$run" ] || run="$(PWD)/$$run"; \
	$(vm)/with-build $(vm)/guest "$$run"

shell:
	@$(vm)/with-build $(vm)/guest --shell

demo bench: export CLOCK := $(or $(CLOCK),virtual)
bench: export TIMEOUT := $(or $(TIMEOUT),7200)
bench:
	@mkdir -p out/$@
	@$(vm)/with-build $(vm)/guest selftests/$@/run.sh

# Pictures are drawn outside of the slow guest, of failed runs too.
demo:
	@rm -rf out/$@ && mkdir -p out/$@
	@$(vm)/with-build $(vm)/guest selftests/$@/run.sh; rc=$$?; \
	if [ -e out/$@/data/parameters.json ]; then \
		$(vm)/in-root python3 /ilnp/src/selftests/$@/plot.py \
			/out/$@ || rc=1; \
	fi; \
	exit $$rc

# CORE: kernels that run the core set after it.
check:
	@$(vm)/run-tests $(or $(KERNEL),6.12) $(CORE:%=core:%)

check-all:
	@$(vm)/run-tests 6.12 7.2 6.1 debug

run_tests:
	@$(vm)/run-tests --native

support-table:
	@$(vm)/support-table

# From the results of the last `make check`
conformance:
	@selftests/rfc/matrix.py out/check/results.json \
		>Documentation/conformance.rst

help:
	@cat $(vm)/help.txt
