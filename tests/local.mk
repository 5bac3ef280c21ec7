# What the system tests use, and the tests that belong to no single program.

EXTRA_DIST += \
	%D%/system/clamav.py \
	%D%/system/corpus.py \
	%D%/system/corpus_roads.py \
	%D%/system/der.py \
	%D%/system/disclaimer_corpus.py \
	%D%/system/exchange.py \
	%D%/system/footer_tools.py \
	%D%/system/inbound.py \
	%D%/system/keys.py \
	%D%/system/mailserver.py \
	%D%/system/makers.py \
	%D%/system/manual.py \
	%D%/system/messages.py \
	%D%/system/mta_client.py \
	%D%/system/opendkim.py \
	%D%/system/opener_asn1.py \
	%D%/system/openers.py \
	%D%/system/openssl.py \
	%D%/system/ports.py \
	%D%/system/postfix.py \
	%D%/system/processes.py \
	%D%/system/reader_asn1.py \
	%D%/system/readers.py \
	%D%/system/seals.py \
	%D%/system/sendmail.py \
	%D%/system/split.py \
	%D%/system/tap.py \
	%D%/system/testsite.py

# Odd messages, byte for byte; WILD.md says what becomes of them.
EXTRA_DIST += %D%/corpus WILD.md

# Reads what tests/unit/test_report writes, and test_result.
EXTRA_DIST += %D%/tools/report_judge.py %D%/tools/authres_judge.py

check_PROGRAMS += tests/tools/steps_tool
tests_tools_steps_tool_LDADD = $(GATEWAY_LIBS)

# Keys that tests share.
clean-local:
	rm -rf tests/keys
.PHONY: clean-local

# layers.py links archives of its own accord: it needs the flags of this
# build.
AM_TESTS_ENVIRONMENT += \
	LAYERS_LINK_FLAGS='$(BUILD_CFLAGS) $(CFLAGS) $(BUILD_LDFLAGS) $(LDFLAGS)'; \
	export LAYERS_LINK_FLAGS; \
	CRYPTO_LIBS='$(CRYPTO_LIBS)'; export CRYPTO_LIBS; \
	SQLITE_LIBS='$(SQLITE_LIBS)'; export SQLITE_LIBS; \
	LIBCONFIG_LIBS='$(LIBCONFIG_LIBS)'; export LIBCONFIG_LIBS; \
	SECCOMP_LIBS='$(SECCOMP_LIBS)'; export SECCOMP_LIBS; \
	IDN2_LIBS='$(IDN2_LIBS)'; export IDN2_LIBS; \
	JANSSON_LIBS='$(JANSSON_LIBS)'; export JANSSON_LIBS; \
	ZLIB_LIBS='$(ZLIB_LIBS)'; export ZLIB_LIBS; \
	MILTER_LIBS='$(MILTER_LIBS)'; export MILTER_LIBS;

# ASan's own signal stack is at odds with threads that end (LLVM 14).
AM_TESTS_ENVIRONMENT += \
	ASAN_OPTIONS="use_sigaltstack=0:$$ASAN_OPTIONS"; export ASAN_OPTIONS;

# Every fuzz target, for a moment; with libFuzzer only.
EXTRA_DIST += %D%/system/fuzz_test.py
if FUZZING_LIBFUZZER
TESTS += %D%/system/fuzz_test.py
endif
fuzz-smoke:
	$(MAKE) check TESTS=tests/system/fuzz_test.py
.PHONY: fuzz-smoke

# Others read what we sign or encrypt, make what we read, or sign it once
# more.  They are slow, and what of ours runs here does so in other tests, too:
# nothing for sanitizers.
EXTRA_DIST += %D%/system/dkim_test.py %D%/system/envelopes_test.py \
	%D%/system/makers_test.py %D%/system/neighbours_test.py \
	%D%/system/readers_test.py %D%/system/seal_postfix_test.py \
	%D%/system/seal_sendmail_test.py \
	%D%/tools/BouncyMaker.java %D%/tools/BouncyOpener.java \
	%D%/tools/BouncyReader.java
if !SANITIZING
TESTS += %D%/system/dkim_test.py %D%/system/envelopes_test.py \
	%D%/system/makers_test.py %D%/system/neighbours_test.py \
	%D%/system/readers_test.py %D%/system/seal_postfix_test.py \
	%D%/system/seal_sendmail_test.py
endif

# What is killed starts again, which sanitizers make slow; split_postfix_test
# goes the same ways.
EXTRA_DIST += %D%/system/kill_test.py %D%/system/split_sendmail_test.py \
	%D%/system/inbound_sendmail_test.py
if !SANITIZING
TESTS += %D%/system/kill_test.py %D%/system/split_sendmail_test.py \
	%D%/system/inbound_sendmail_test.py
endif

# The long ones first.
SYSTEM_TESTS = \
	%D%/system/bounds_test.py \
	%D%/system/split_postfix_test.py \
	%D%/system/milter_test.py \
	%D%/system/sendmail_test.py \
	%D%/system/postfix_test.py \
	%D%/system/resilience_test.py \
	%D%/system/corpus_sendmail_test.py \
	%D%/system/corpus_postfix_test.py \
	%D%/system/corpus_test.py \
	%D%/system/disclaimer_test.py \
	%D%/system/linear_test.py \
	%D%/system/split_test.py \
	%D%/system/reinject_test.py \
	%D%/system/policy_test.py \
	%D%/system/disclaim_policy_test.py \
	%D%/system/demand_test.py \
	%D%/system/authority_test.py \
	%D%/system/trigger_test.py \
	%D%/system/marks_test.py \
	%D%/system/sealing_test.py \
	%D%/system/guard_test.py \
	%D%/system/generations_test.py \
	%D%/system/inbound_postfix_test.py \
	%D%/system/inbound_test.py \
	%D%/system/layers.py \
	%D%/system/socket_test.py \
	%D%/system/mta_client_test.py \
	%D%/system/ports_test.py \
	%D%/system/units_test.py
TESTS += $(SYSTEM_TESTS)
EXTRA_DIST += $(SYSTEM_TESTS)

# What has threads, for builds with TSan: the unit tests that start some,
# both daemons under load, and the guard.  Nothing else is built.
check-threads:
	all=" `echo $(check_PROGRAMS)` "; tests=; \
	for test in `cd $(top_srcdir) && \
	    grep -l pthread_create tests/unit/test_*.c | sed 's/\.c$$//'`; do \
		case $$all in *" $$test "*) tests="$$tests $$test" ;; esac; \
	done; \
	$(MAKE) check check_PROGRAMS="$$tests" \
	    TESTS="$$tests tests/system/resilience_test.py \
	    tests/system/guard_test.py"
.PHONY: check-threads

# kill -9 in the middle of a split, KILLS times; then the table of what became
# of it.  "make check" does it a few times.
check-kill:
	status=0; KILLS=$${KILLS:-500} $(MAKE) check check_PROGRAMS= \
	    check_LIBRARIES= TESTS=tests/system/kill_test.py || status=$$?; \
	grep '^#' tests/system/kill_test.log; exit $$status
.PHONY: check-kill
