# Slipway. `make` builds, `make check` tests, `make demo` shows; the rest is in `make help`.
#
# Every variant has a folder of its own: build/ (gcc), build/clang/, build/address/ …, chosen by CC,
# SAN, FUZZING and PORTABLE. Nothing outside build/ is ever written, except by `install`.

VERSION := 0.1.0
PREFIX  ?= /usr/local
SAN     ?=

ifeq ($(origin CC),default)
CC := gcc
endif

comma   := ,
variant := $(strip $(if $(findstring clang,$(CC)),clang) $(if $(SAN),$(subst $(comma),-,$(SAN))) $(if $(FUZZING),fuzz) $(if $(PORTABLE),portable))
empty   :=
space   := $(empty) $(empty)
BUILD   ?= build$(if $(variant),/$(subst $(space),-,$(variant)))

# ---- flags -----------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wformat=2 -Wvla -Werror
# What is looked for with a sanitizer is found as well in code that is compiled sooner.
OPTIMIZE ?= $(if $(SAN)$(FUZZING),-O1 -g1,-O2 -g)
# What gcc believes to be cut depends on how much it looks through: the usual build asks that.
WARNINGS += $(if $(SAN),$(if $(findstring clang,$(CC)),,-Wno-format-truncation))
HARDEN   := $(if $(SAN)$(FUZZING),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)

PACKAGES_base   := libcjson libutf8proc
PACKAGES_core   :=
PACKAGES_model  := libpcre2-8
PACKAGES_client := sqlite3 libcrypto
# Only their headers: they are loaded when they are first needed (include/base/library.h).
LOADED_client   := libcurl libpq
PACKAGES_ui     := ncursesw inih
PACKAGES_app    := inih
PACKAGES_sim    := libmicrohttpd libcrypto

pkg_cflags = $(shell pkg-config --cflags $(1) 2>/dev/null)
pkg_libs   = $(shell pkg-config --libs $(1) 2>/dev/null)

CPPFLAGS += $(if $(PORTABLE),-DSLIPWAY_PORTABLE) -Iinclude -D_GNU_SOURCE -DSLIPWAY_VERSION='"$(VERSION)"'
CFLAGS   += -std=c11 $(OPTIMIZE) $(WARNINGS) $(HARDEN) $(SANFLAGS) -pthread
LDFLAGS  += -pie -pthread -Wl,-z,relro,-z,now $(SANFLAGS)

# ---- sources: one archive a layer, so that a link shows the layering ------------------------------

LAYERS := base core model client ui app

SRC_base   := $(wildcard src/base/*.c)
SRC_core   := $(wildcard src/core/*.c)
SRC_model  := $(wildcard src/model/*.c)
SRC_client := $(wildcard src/client/*.c)
SRC_ui     := $(wildcard ui/*.c)
SRC_app    := $(filter-out src/app/main.c,$(wildcard src/app/*.c))
SRC_sim    ?= $(filter-out src/sim/main.c,$(wildcard src/sim/*.c))

# The layer decides the compiler's flags; ui/ is a top folder of its own, as the screens are what a
# newcomer looks for first.
layer_of  = $(if $(filter ui/%,$(1)),ui,$(word 2,$(subst /, ,$(1))))
objects   = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
archive   = $(BUILD)/lib/lib$(1).a
libs_of   = $(foreach l,$(1),$(call pkg_libs,$(PACKAGES_$(l))))

.PHONY: all
all: deps-hint $(BUILD)/slipway $(BUILD)/slipway-sim

$(BUILD)/slipway: $(call objects,src/app/main.c) $(foreach l,app ui client model core base,$(call archive,$(l)))
	$(CC) $(LDFLAGS) -o $@ $^ $(call libs_of,app ui client model core base) -lm

$(BUILD)/slipway-sim: $(call objects,src/sim/main.c) $(call archive,sim) $(call archive,base)
	$(CC) $(LDFLAGS) -o $@ $^ $(call libs_of,sim base) -lm

define layer_archive
$$(call archive,$(1)): $$(call objects,$$(SRC_$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS) sim,$(eval $(call layer_archive,$(l))))

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(call pkg_cflags,$(PACKAGES_$(call layer_of,$*)) $(LOADED_$(call layer_of,$*))) -MMD -MP -c -o $@ $<

# The stand-in's scenarios, built in (include/sim/scenario.h).
SCENARIOS := $(sort $(wildcard src/sim/scenarios/*.json))
$(BUILD)/gen/scenarios.c: $(SCENARIOS) src/sim/scenarios/embed.sh
	@mkdir -p $(@D)
	sh src/sim/scenarios/embed.sh $(SCENARIOS) > $@.new && mv $@.new $@
$(BUILD)/obj/sim/scenarios.o: $(BUILD)/gen/scenarios.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(call archive,sim): $(BUILD)/obj/sim/scenarios.o

# The themes, built in (include/ui/theme.h).
THEMES := $(sort $(wildcard themes/*.ini))
$(BUILD)/gen/themes.c: $(THEMES) ui/embed.sh
	@mkdir -p $(@D)
	sh ui/embed.sh $(THEMES) > $@.new && mv $@.new $@
$(BUILD)/obj/ui/themes.o: $(BUILD)/gen/themes.c include/ui/theme_internal.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(call archive,ui): $(BUILD)/obj/ui/themes.o

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

include tests/tests.mk

# ---- set-up ------------------------------------------------------------------------------------

.PHONY: deps deps-build deps-hint
deps:
	@sh .ci/deps.sh install check
deps-build:
	@sh .ci/deps.sh install build
deps-hint:
	@sh .ci/deps.sh require build

# ---- for people --------------------------------------------------------------------------------

# A small real model folder lies ready to be uploaded.
.PHONY: demo
demo: deps-build
	@echo "building slipway and its stand-in"; $(MAKE) --no-print-directory -s -j$(JOBS) all
	@mkdir -p $(BUILD)/demo && tar xzf tests/data/models/tiny-sft-sharded.tar.gz -C $(BUILD)/demo
	@$(BUILD)/slipway demo --folder $(BUILD)/demo/tiny-sft-sharded $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(SPEED),--speed $(SPEED))

.PHONY: install
install: all
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BUILD)/slipway $(BUILD)/slipway-sim $(DESTDIR)$(PREFIX)/bin/

.PHONY: clean
clean:
	rm -rf build

.PHONY: help
help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

#: make                          build/slipway and build/slipway-sim
#: make demo                     set up, build, and open the dashboard on the stand-in (SCENARIO=… SPEED=…)
#: make check                    set up, build with gcc and clang, run every test
#: make unit/base/test_text      build and run one test
#: make install DESTDIR= PREFIX=
#: make deps                     install what building and testing need (Debian)
#: make clean
#: make SAN=address|undefined|thread   a sanitizer build in a folder of its own
#: make CC=clang                  a clang build in build/clang/
#: make PORTABLE=1                a build with the POSIX ways in place of eventfd and signalfd
