# How everything is tested. Every test program prints TAP; tests/run.sh runs them and adds up.
#
# tests/unit/LAYER/test_*.c     cmocka, linked with that layer and those below it
# tests/screens/test_*.c        cmocka, whole screens as text against the golden files beside them
# tests/e2e/test_*.c            cmocka, linked with client: the program's own engine against slipway-sim
# tests/e2e/*.sh                the program on a real terminal (tmux) against slipway-sim
# tests/clients/*.mjs, *.sh     unmodified public clients against slipway-sim
# tests/fuzz/fuzz_*.c           libFuzzer targets
# tests/layers.sh               who may include whom

UNIT  := $(sort $(wildcard tests/unit/*/test_*.c tests/screens/test_*.c))
E2E   := $(sort $(wildcard tests/e2e/test_*.c))
E2E_SH := $(sort $(wildcard tests/e2e/*.sh))
FUZZ  := $(sort $(wildcard tests/fuzz/fuzz_*.c))

below_base   := base
below_core   := core base
below_model  := model core base
below_client := client model core base
below_ui     := ui model core base
below_app    := app ui client model core base
below_sim    := sim base
test_layer    = $(if $(filter tests/e2e/%,$(1)),client,$(if $(filter tests/screens/%,$(1)),app,$(word 3,$(subst /, ,$(1)))))

UNIT_BIN := $(patsubst tests/%.c,$(BUILD)/tests/%,$(UNIT))
E2E_BIN  := $(patsubst tests/%.c,$(BUILD)/tests/%,$(E2E))
# Helpers: the stand-in as a child process for e2e, a scripted server for the engine's own tests.
SUPPORT_e2e    := tests/support/sim_process.c tests/support/run_program.c tests/support/weights_folder.c
SUPPORT_client := $(wildcard tests/support/fault_server.c)
SUPPORT_screens := $(wildcard tests/screens/fixture.c)
# … and what one test needs besides: SUPPORT_<its path under tests/>.
SUPPORT_unit/app/test_follow := tests/support/sim_process.c
SUPPORT_unit/app/test_triage_record := tests/support/sim_process.c
SUPPORT_unit/app/test_triage_watch := tests/support/sim_process.c
SUPPORT_e2e/test_log_flood := tests/support/fault_server.c tests/bench/pty_program.c
test_support    = $(SUPPORT_$(patsubst tests/%.c,%,$(1))) $(SUPPORT_$(if $(filter tests/e2e/%,$(1)),e2e,$(if $(filter tests/screens/%,$(1)),screens,$(word 3,$(subst /, ,$(1))))))

# pkg-config modules that one test needs: LIBS_<its path under tests/>.
LIBS_unit/ui/test_terminal := vterm
LIBS_unit/ui/test_terminal_frames := vterm
LIBS_e2e/test_log_flood := vterm

# Who tests need not be fast where what is tested is slow; it is compiled sooner.
TEST_OPTIMIZE := $(if $(SAN)$(FUZZING),-O0)

define test_program
$(patsubst tests/%.c,$(BUILD)/tests/%,$(1)): $(1) $(call test_support,$(1)) $(wildcard tests/support/*.h $(dir $(1))*.h) $(foreach l,$(below_$(call test_layer,$(1))),$(call archive,$(l)))
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS) -Itests/support $$(CFLAGS) $$(TEST_OPTIMIZE) $$(LDFLAGS) -o $$@ $(1) $(call test_support,$(1)) $(foreach l,$(below_$(call test_layer,$(1))),$(call archive,$(l))) $$(call libs_of,$(below_$(call test_layer,$(1)))) $$(call pkg_libs,cmocka $(LIBS_$(patsubst tests/%.c,%,$(1)))) -lm
endef
$(foreach t,$(UNIT) $(E2E),$(eval $(call test_program,$(t))))

# What tests/e2e/read_only.sh fills its world with, and asks for the keys that there are.
E2E_WORLD := $(BUILD)/tests/support/dashboard_world
$(E2E_WORLD): tests/support/dashboard_world.c $(foreach l,$(below_app),$(call archive,$(l)))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(TEST_OPTIMIZE) $(LDFLAGS) -o $@ $^ $(call libs_of,$(below_app)) -lm

# One test by name: make unit/base/test_text
.PHONY: $(patsubst tests/%.c,%,$(UNIT) $(E2E))
$(patsubst tests/%.c,%,$(UNIT) $(E2E)): %: $(BUILD)/tests/% $(BUILD)/slipway-sim
	SLIPWAY=$(BUILD)/slipway SLIPWAY_SIM=$(BUILD)/slipway-sim $(BUILD)/tests/$@
$(patsubst tests/%.c,%,$(E2E)): $(BUILD)/slipway

.PHONY: test-programs
test-programs: $(UNIT_BIN) $(E2E_BIN) $(E2E_WORLD)

# ---- make check ------------------------------------------------------------------------------------
#
# Everything, from a bare Debian: gcc as it is shipped, clang with AddressSanitizer and UBSan (the same
# objects serve short fuzzing), gcc with ThreadSanitizer, valgrind, the public clients. Each step adds
# its counts to build/check/tally; the last prints the one closing line.

CHECK := build/check
JOBS  ?= 2
# Test programs mostly wait.
TEST_JOBS ?= $(shell echo $$((2 * $(JOBS))))
RUN    = JOBS=$(TEST_JOBS) sh tests/run.sh $(CHECK)/tally
SUB    = $(MAKE) --no-print-directory -j$(JOBS)

# Tests that have threads worth racing: not the stand-in's worlds, which are played under one lock, nor
# commands that ask, print and end, whose threads test_commands and test_commands_run have too, nor what
# judges by clocks that run ahead. `make tsan` runs all of them.
THREADED := base core client sim app
UNTHREADED := build/tests/unit/sim/test_world% build/tests/unit/app/test_triage_record \
              $(patsubst %,build/tests/e2e/test_%,day triage commands_fail commands_change commands_requests \
              commands_endpoint commands_deploy deploy_models deploy_blockers runpod_change)
# Mostly waits, for logs to fall silent or for what is cured to serve: once is enough.
ONCE := build/tests/e2e/test_commands_logs build/tests/e2e/test_triage

ASAN_ENV := ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
TSAN_ENV := TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
# Threads take turns: else one that only sends keeps the others from running at all.
NO_JIT   := $(CURDIR)/build/tests/support/no_jit.so
MEMCHECK := env LD_PRELOAD=$(NO_JIT) valgrind -q --fair-sched=yes --leak-check=full --errors-for-leak-kinds=definite,indirect,possible \
            --error-exitcode=99 --num-callers=30

.PHONY: check check-run check-lint check-gcc check-portable check-asan check-tsan check-valgrind check-fuzz check-clients
check: deps
	@rm -rf $(CHECK) && mkdir -p $(CHECK) && : > $(CHECK)/tally
	@$(MAKE) --no-print-directory check-run
	@sh tests/tally.sh $(CHECK)/tally

# One after the other: they share two cores, and the log reads in order. What later steps need is built
# meanwhile, out of the tests' way (nice), as these mostly wait. A step that cannot be built counts as a failure,
# and the others still run.
STEPS       := lint gcc portable asan fuzz tsan valgrind clients
BUILT_AHEAD := portable asan fuzz tsan

PORTABLE_BIN := $(patsubst build/%,build/portable/%,$(filter build/tests/unit/core/%,$(UNIT_BIN)))
ASAN_BIN     := $(patsubst build/%,build/clang-fuzz/%,$(filter-out $(ONCE),$(E2E_BIN) $(UNIT_BIN)))
TSAN_BIN      = $(patsubst build/%,build/thread/%,$(filter-out $(UNTHREADED) $(ONCE), \
                $(E2E_BIN) $(filter $(THREADED:%=build/tests/unit/%/%),$(UNIT_BIN))))

.PHONY: build-lint build-gcc build-portable build-asan build-tsan build-fuzz build-valgrind build-clients build-ahead
build-lint:
build-gcc:
	@$(SUB) all test-programs
build-portable:
	@$(SUB) PORTABLE=1 $(PORTABLE_BIN)
build-asan:
	@$(SUB) CC=clang FUZZING=1 all $(ASAN_BIN) build/clang-fuzz/tests/support/dashboard_world
build-fuzz:
	@$(SUB) CC=clang FUZZING=1 fuzz-programs
build-tsan:
	@$(SUB) SAN=thread all $(TSAN_BIN) build/thread/tests/support/dashboard_world
build-valgrind: build-gcc $(NO_JIT)
build-clients:
	@$(SUB) all

# The step's own build says what went wrong, so this one need not.
build-ahead:
	@for step in $(BUILT_AHEAD); do \
	    $(MAKE) --no-print-directory -s build-$$step >$(CHECK)/build-$$step.log 2>&1; \
	    : > $(CHECK)/built-$$step; \
	done

check-run:
	@$(MAKE) --no-print-directory -s build-gcc; \
	nice -n 19 $(MAKE) --no-print-directory -s build-ahead & ahead=$$!; \
	for step in $(STEPS); do \
	    case " $(BUILT_AHEAD) " in *" $$step "*) \
	        while [ ! -e $(CHECK)/built-$$step ] && kill -0 $$ahead 2>/dev/null; do sleep 0.2; done;; esac; \
	    $(MAKE) --no-print-directory -s build-$$step && $(MAKE) --no-print-directory -s check-$$step || \
	        { echo "FAIL  check-$$step could not be run"; echo "0 1 0" >> $(CHECK)/tally; }; \
	done

check-lint:
	@$(RUN) house tests/layers.sh tests/layers_test.sh

check-gcc:
	@SLIPWAY=build/slipway SLIPWAY_SIM=build/slipway-sim $(RUN) gcc $(E2E_SH) $(E2E_BIN) $(UNIT_BIN)

# What stands in for eventfd and signalfd elsewhere must work too.
check-portable:
	@$(RUN) portable $(PORTABLE_BIN)

check-asan:
	@$(ASAN_ENV) SLIPWAY=build/clang-fuzz/slipway SLIPWAY_SIM=build/clang-fuzz/slipway-sim \
	    $(RUN) asan+ubsan $(E2E_SH) $(ASAN_BIN)

check-tsan:
	@$(TSAN_ENV) WRAP="setarch -R" SLIPWAY=build/thread/slipway SLIPWAY_SIM=build/thread/slipway-sim $(RUN) tsan \
	    $(E2E_SH) $(TSAN_BIN)

.PHONY: tsan
tsan: deps
	@rm -rf $(CHECK) && mkdir -p $(CHECK) && : > $(CHECK)/tally
	@$(MAKE) --no-print-directory -s build-tsan UNTHREADED= ONCE=
	@$(MAKE) --no-print-directory -s check-tsan UNTHREADED= ONCE=
	@sh tests/tally.sh $(CHECK)/tally

# What gcc's sanitizers do not see: bytes that were never written. Slow, so only what all else stands on;
# `make memcheck` looks at everything.
MEMCHECKED := $(filter $(patsubst %,build/tests/unit/%/%,base core model),$(UNIT_BIN))
$(NO_JIT): tests/support/no_jit.c
	@mkdir -p $(@D)
	$(CC) $(filter-out -fPIE,$(CFLAGS)) -fPIC -shared -o $@ $<

check-valgrind: TEST_JOBS = $(JOBS)
check-valgrind:
	@WRAP="$(MEMCHECK)" SLIPWAY_SIM=build/slipway-sim $(RUN) valgrind $(MEMCHECKED)

.PHONY: memcheck
memcheck: deps
	@rm -rf $(CHECK) && mkdir -p $(CHECK) && : > $(CHECK)/tally
	@$(MAKE) --no-print-directory -s build-valgrind
	@$(MAKE) --no-print-directory -s check-valgrind MEMCHECKED="$(UNIT_BIN)" TEST_LIMIT=1800
	@sh tests/tally.sh $(CHECK)/tally

# The limit covers fetching the clients over a slow line.
check-clients:
	@BUILD=build SLIPWAY_SIM=$(CURDIR)/build/slipway-sim TEST_LIMIT=900 $(RUN) clients tests/clients/run.sh

# Uploads of 1 GB ended at 50 random moments; `make check` ends a small one three times.
.PHONY: check-kill
check-kill: deps all $(BUILD)/tests/e2e/test_upload_kill
	@UPLOAD_KILL_LONG=1 SLIPWAY=$(BUILD)/slipway SLIPWAY_SIM=$(BUILD)/slipway-sim $(BUILD)/tests/e2e/test_upload_kill

# ---- fuzzing ---------------------------------------------------------------------------------------

FUZZ_SECONDS ?= 20
FUZZ_BIN      = $(patsubst tests/fuzz/%.c,build/clang-fuzz/fuzz/%,$(FUZZ))

.PHONY: fuzz fuzz-programs
fuzz: deps
	@mkdir -p $(CHECK) && : > $(CHECK)/tally
	@$(MAKE) --no-print-directory -s build-fuzz
	@$(SUB) FUZZ_SECONDS=600 TEST_LIMIT=700 check-fuzz
	@sh tests/tally.sh $(CHECK)/tally

check-fuzz:
	@AGAIN_MAX=0 FUZZ_SECONDS=$(FUZZ_SECONDS) TEST_LIMIT=$(or $(TEST_LIMIT),300) $(RUN) fuzz $(FUZZ_BIN:%=%.sh)

ifdef FUZZING
SANFLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
fuzz-programs: $(FUZZ_BIN:%=%.sh)

define fuzz_program
$(BUILD)/fuzz/$(1): tests/fuzz/$(1).c $(foreach l,$(below_client),$(call archive,$(l)))
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS) $$(CFLAGS) -pie -pthread -fsanitize=fuzzer,address,undefined -o $$@ $$^ $$(call libs_of,$(below_client)) -lm
# What run.sh starts: a bounded run from the seeds in the tree, new finds kept in the build folder.
$(BUILD)/fuzz/$(1).sh: $(BUILD)/fuzz/$(1) tests/fuzz/run.sh
	@printf '#!/bin/sh\nexec sh tests/fuzz/run.sh $$<\n' > $$@ && chmod +x $$@
endef
$(foreach f,$(notdir $(FUZZ:.c=)),$(eval $(call fuzz_program,$(f))))
endif

# ---- measuring -------------------------------------------------------------------------------------

$(BUILD)/bench/bench: tests/bench/bench.c $(foreach l,$(below_client),$(call archive,$(l)))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libs_of,$(below_client))

BENCH_TOOLS := $(addprefix tests/bench/,bench_tools.c pty_program.c)
$(BUILD)/bench/dashboard $(BUILD)/bench/size: $(BUILD)/bench/%: tests/bench/%.c $(BENCH_TOOLS) $(BENCH_TOOLS:.c=.h) $(foreach l,$(below_client),$(call archive,$(l)))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter-out %.h,$^) $(call libs_of,$(below_client)) $(call pkg_libs,vterm) -lm

$(BUILD)/bench/bare_ncurses: tests/bench/bare_ncurses.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(call pkg_libs,ncursesw)

$(BUILD)/bench/panes: tests/bench/panes.c $(foreach l,$(below_app),$(call archive,$(l)))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libs_of,$(below_app)) -lm

.PHONY: bench
bench: deps all $(addprefix $(BUILD)/bench/,bench dashboard bare_ncurses panes size)
	@SLIPWAY_SIM=$(BUILD)/slipway-sim $(BUILD)/bench/bench
	@$(BUILD)/bench/dashboard $(BUILD)/slipway $(BUILD)/slipway-sim $(BUILD)/bench/bare_ncurses tests/bench/idle.json
	@$(BUILD)/bench/panes
	@$(BUILD)/bench/size $(BUILD)/slipway $(BUILD)/slipway-sim $(BUILD)/bench/bare_ncurses

# With 1 000 endpoints and 100 000 requests: SIZE_REQUESTS=… SIZE_ENDPOINTS=… SIZE_SECONDS=… of polling.
.PHONY: bench-size
bench-size: deps all $(addprefix $(BUILD)/bench/,bare_ncurses panes size)
	@$(BUILD)/bench/panes $(SIZE_REQUESTS) $(SIZE_ENDPOINTS)
	@$(BUILD)/bench/size $(BUILD)/slipway $(BUILD)/slipway-sim $(BUILD)/bench/bare_ncurses \
	    $(or $(SIZE_SECONDS),120) $(SIZE_REQUESTS) $(SIZE_ENDPOINTS)

# How fast a model gets to the Hub: UPLOAD_MB=4000 UPLOAD_RUNS=1. Needs three times that much room.
BENCH_UPLOAD := $(addprefix tests/bench/,upload.c upload_ceiling.c upload_hash.c) \
                $(addprefix tests/support/,weights_folder.c sim_process.c run_program.c)
$(BUILD)/bench/upload: $(BENCH_UPLOAD) tests/bench/upload_ceiling.h $(wildcard tests/support/*.h) $(foreach l,$(below_client),$(call archive,$(l)))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/support $(CFLAGS) $(LDFLAGS) -o $@ $(filter-out %.h,$^) $(call libs_of,$(below_client)) $(call pkg_libs,cmocka) -lm

.PHONY: bench-upload
bench-upload: deps all $(BUILD)/bench/upload
	@SLIPWAY=$(BUILD)/slipway SLIPWAY_SIM=$(BUILD)/slipway-sim UPLOAD_CLIENTS=$(BUILD)/clients $(BUILD)/bench/upload

#: make bench                    measure, as ratios to something run beside it
#: make bench-size               1 000 endpoints and 100 000 requests (SIZE_REQUESTS= SIZE_ENDPOINTS= SIZE_SECONDS=)
#: make bench-upload             upload 4 GB beside @huggingface/hub and beside the ceiling (UPLOAD_MB= UPLOAD_RUNS=)
#: make check-kill               uploads of 1 GB, ended at 50 random moments and resumed
#: make fuzz                     fuzz each target for ten minutes
#: make memcheck                 every unit test under valgrind
#: make tsan                     every test that has threads under ThreadSanitizer
