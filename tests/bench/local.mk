# The benchmark: "make bench".  Built only then.
bench_list = tests/bench/milter_load tests/bench/null_milter \
	tests/bench/sign_milter tests/bench/sign_only
EXTRA_PROGRAMS = $(bench_list)
CLEANFILES += $(bench_list)
EXTRA_DIST += %D%/bench.py

BENCH_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests

tests_bench_milter_load_SOURCES = %D%/milter_load.c
tests_bench_milter_load_CPPFLAGS = $(BENCH_CPPFLAGS)
tests_bench_null_milter_SOURCES = %D%/null_milter.c %D%/bench.c %D%/bench.h
tests_bench_null_milter_CPPFLAGS = $(BENCH_CPPFLAGS)
tests_bench_null_milter_LDADD = $(MILTER_LIBS) $(CRYPTO_LIBS)
tests_bench_sign_milter_SOURCES = %D%/sign_milter.c %D%/bench.c %D%/bench.h
tests_bench_sign_milter_CPPFLAGS = $(BENCH_CPPFLAGS)
tests_bench_sign_milter_LDADD = $(MILTER_LIBS) $(CRYPTO_LIBS)
tests_bench_sign_only_SOURCES = %D%/sign_only.c %D%/bench.c %D%/bench.h
tests_bench_sign_only_CPPFLAGS = $(BENCH_CPPFLAGS)
tests_bench_sign_only_LDADD = $(MILTER_LIBS) $(CRYPTO_LIBS)

bench: $(bench_list) all
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) $(top_srcdir)/tests/bench/bench.py
.PHONY: bench
