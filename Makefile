# kc: one non-recursive makefile. `make demo` shows it at work, `make test` tests it; both install what is missing first.
# Variants: make SAN=1 (address and undefined behaviour, clang), make DEBUG=1, make CC=clang, make CI=1 (warnings are errors).
CC      = gcc
BUILD   = build/$(if $(FUZZING),fuzzing,$(if $(SAN),san,$(if $(DEBUG),debug,release)))
PREFIX  = /usr/local
PY      = python3

WARN    = -Wall -Wextra -Wformat=2 -Wshadow -Wvla -Wimplicit-fallthrough -Wmissing-prototypes -Wstrict-prototypes \
          -Wpointer-arith -Wwrite-strings -Wundef -Wconversion -Wno-sign-conversion \
          -Werror=format-security -Werror=implicit-function-declaration $(if $(CI),-Werror)
HARDEN  = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
          $(if $(findstring clang,$(CC)),,-ftrivial-auto-var-init=zero) -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing
LINKS   = -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--as-needed
ifdef FUZZING
CC      = clang
OPT     = -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LINKS   = -fsanitize=fuzzer,address,undefined
else ifdef SAN
CC      = clang
OPT     = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LINKS   = -fsanitize=address,undefined
else ifdef DEBUG
OPT     = -O0 -g
LINKS   =
else
OPT     = -O2 -g $(HARDEN)
endif
# One short line a step; V=1 shows the commands.
Q       = $(if $(V),,@)
say     = @$(if $(V),:,echo " ")

CPPFLAGS = -Iinclude -D_GNU_SOURCE -DKC_VERSION='"$(VERSION)"'
CFLAGS  = -std=c11 -fPIE $(OPT) $(WARN)
LIBS    = -ljansson -lexpat -lcrypto -ldl -lm
VERSION := $(shell cat VERSION)

SRC     = $(sort $(wildcard lang/*.c runtime/*/*.c))
MAINSRC = runtime/cli/main.c
GEN     = $(if $(wildcard lang/scan.l),$(BUILD)/gen/scan.c $(BUILD)/gen/parse.c) $(BUILD)/gen/stdlib.c
OBJ     = $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(MAINSRC),$(SRC))) $(patsubst %.c,%.o,$(GEN))
LIB     = $(BUILD)/libkc.a
UNIT    = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/unit/test_*.c tests/sim/test_*.c)))
TESTLIB = $(patsubst %.c,$(BUILD)/%.o,$(sort $(filter-out $(wildcard tests/*/test_*.c),$(wildcard tests/unit/*.c tests/sim/*.c))))
STDLIB  = $(shell find stdlib docs/errors -type f | LC_ALL=C sort)

.PHONY: all lib deps demo test unit real real-full soak san lint fuzz bench models install uninstall clean
all: $(BUILD)/kc
lib: $(LIB)
$(LIB): $(OBJ)
	@rm -f $@; $(AR) rcs $@ $(OBJ)
$(BUILD)/kc: $(BUILD)/runtime/cli/main.o $(LIB)
	$(say) ld $@
	$(Q)$(CC) $(OPT) $(LINKS) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(say) cc $<
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
# Generated code is not ours to clean up: warnings off for these objects only.
$(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	$(say) cc $<
	$(Q)$(CC) $(CPPFLAGS) -Ilang -I$(BUILD)/gen -std=c11 -fPIE $(OPT) -w -MMD -MP -c -o $@ $<
$(BUILD)/gen/scan.c: lang/scan.l $(BUILD)/gen/parse.c
	@mkdir -p $(@D)
	$(Q)flex -o $@ --header-file=$(BUILD)/gen/scan.h $<
$(BUILD)/gen/parse.c: lang/parse.y
	@mkdir -p $(@D)
	$(Q)bison -Wall -Wcounterexamples -Werror --defines=$(BUILD)/gen/parse.h -o $@ $<
$(BUILD)/gen/stdlib.c: tools/embed $(STDLIB)
	@mkdir -p $(@D)
	$(Q)sh tools/embed $(STDLIB) > $@.tmp && mv $@.tmp $@
$(patsubst %.c,$(BUILD)/%.o,$(wildcard lang/*.c)): CPPFLAGS += -I$(BUILD)/gen
$(patsubst %.c,$(BUILD)/%.o,$(wildcard lang/*.c)): | $(if $(wildcard lang/scan.l),$(BUILD)/gen/scan.c)

$(UNIT): $(BUILD)/%: $(BUILD)/%.o $(TESTLIB) $(LIB)
	$(say) ld $@
	$(Q)$(CC) $(OPT) $(LINKS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS) -lcmocka
$(patsubst %,%.o,$(UNIT)) $(TESTLIB): CPPFLAGS += -Itests/unit -Iruntime -Ilang -I$(BUILD)/gen
unit: $(UNIT)
	@sh tools/runtests $(UNIT)

# Long campaigns on the simulated account and over HTTP; a sample of them is in `make test`. One seed aloud: make soak CAMPAIGN=c SEED=17. Fewer: SOAK=50.
SOAKER  = $(BUILD)/tests/soak/soak
SOAKOBJ = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/soak/*.c)))
$(SOAKOBJ): CPPFLAGS += -Itests/unit -Itests/sim -Iruntime -I. -Ilang
$(SOAKER): $(SOAKOBJ) $(TESTLIB) $(LIB)
	$(say) ld $@
	$(Q)$(CC) $(OPT) $(LINKS) -o $@ $^ $(LIBS) -lcmocka
soak: deps
	@$(MAKE) --no-print-directory -j2 $(SOAKER) $(BUILD)/kc
	@CAMPAIGN=$(CAMPAIGN) SEED=$(SEED) SOAK=$(SOAK) sh tools/soak $(SOAKER) $(BUILD)/kc

# Small programs that other languages' tests talk to.
TOOLS   = $(BUILD)/tests/conformance/wire_oracle $(BUILD)/tests/conformance/sim_oracle
REAL    = $(BUILD)/tests/real/pki_oracle
$(patsubst %,%.o,$(TOOLS)): CPPFLAGS += -Iruntime
$(TOOLS) $(REAL): %: %.o $(LIB)
	$(say) ld $@
	$(Q)$(CC) $(OPT) $(LINKS) -o $@ $^ $(LIBS)

# Debian packages that are missing, asked for by name; says so first, does nothing when all is there.
deps:
	@sh tools/deps

# A complete cluster on simulated AWS, from nothing, while you watch.
demo:
	@sh tools/deps build
	@$(MAKE) --no-print-directory -s -j2 $(BUILD)/kc
	@sh tools/demo $(BUILD)/kc

test: deps
	@$(MAKE) --no-print-directory -j2 $(BUILD)/kc $(UNIT) $(TOOLS) $(SOAKER)
	@CI=$(CI) KC=$(BUILD)/kc BUILD=$(BUILD) sh tools/test $(UNIT)

# kc against real Kubernetes, built from the Go module proxy into a cache outside the checkout (HACKING.md, Real parts).
real: deps
	@$(MAKE) --no-print-directory -j2 $(BUILD)/kc $(REAL)
	@KC=$(BUILD)/kc BUILD=$(BUILD) sh tests/real/run

# Three real masters in namespaces of this machine, and what happens to them (HACKING.md, Masters).
real-full:
	@sh tools/deps masters
	@$(MAKE) --no-print-directory -j2 $(BUILD)/kc
	@KC=$(BUILD)/kc sh tests/real/masters/run

san: deps
	@$(MAKE) --no-print-directory -j2 SAN=1 build/san/kc unit

lint: deps
	@sh tools/lint

# One libFuzzer program per parser, FUZZ_SECONDS each.
FUZZ    = $(patsubst tests/fuzz/%.c,build/fuzzing/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SECONDS = 60
fuzz: deps
	@$(MAKE) --no-print-directory -j2 FUZZING=1 build/fuzzing/libkc.a $(FUZZ)
	@sh tools/fuzz $(FUZZ_SECONDS) $(FUZZ)
FUZZHELP = tests/unit/world_test.c tests/unit/world_test_disk.c tests/unit/read_term.c tests/unit/read_type.c
build/fuzzing/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/operation.h $(FUZZHELP) build/fuzzing/libkc.a
	@mkdir -p $(@D)
	$(say) cc $<
	$(Q)clang $(CPPFLAGS) -Itests/unit -Iruntime -Ilang -Ibuild/fuzzing/gen -std=c11 $(OPT) $(LINKS) -o $@ $< $(FUZZHELP) build/fuzzing/libkc.a $(LIBS)

bench:
	@sh tools/deps bench
	@$(MAKE) --no-print-directory $(BUILD)/kc
	@KC=$(BUILD)/kc BUILD=$(BUILD) sh tools/bench

models: deps
	@sh tests/conformance/setup && tests/conformance/.venv/bin/python tools/models.py && tests/conformance/.venv/bin/python tools/members.py

install: $(BUILD)/kc
	install -D -m 755 $(BUILD)/kc $(DESTDIR)$(PREFIX)/bin/kc
	install -D -m 644 docs/kc.1 $(DESTDIR)$(PREFIX)/share/man/man1/kc.1
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/kc $(DESTDIR)$(PREFIX)/share/man/man1/kc.1

clean:
	rm -rf build
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
