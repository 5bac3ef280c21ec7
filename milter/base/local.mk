noinst_LIBRARIES += milter/base/libbase.a
milter_base_libbase_a_SOURCES = \
	%D%/alloc.c %D%/alloc.h \
	%D%/arena.c %D%/arena.h \
	%D%/background.c %D%/background.h \
	%D%/buf.c %D%/buf.h \
	%D%/clock.c %D%/clock.h \
	%D%/confine.c %D%/confine.h \
	%D%/err.c %D%/err.h \
	%D%/hex.c %D%/hex.h \
	%D%/io.c %D%/io.h \
	%D%/ipc.c %D%/ipc.h \
	%D%/limits.h \
	%D%/log.c %D%/log.h \
	%D%/lru.c %D%/lru.h \
	%D%/network.c %D%/network.h \
	%D%/secret.c %D%/secret.h \
	%D%/setting.c %D%/setting.h \
	%D%/slice.c %D%/slice.h \
	%D%/suggest.c %D%/suggest.h

BASE_TESTS = \
	tests/unit/test_alloc \
	tests/unit/test_arena \
	tests/unit/test_buf \
	tests/unit/test_clock \
	tests/unit/test_confine \
	tests/unit/test_err \
	tests/unit/test_hex \
	tests/unit/test_io \
	tests/unit/test_ipc \
	tests/unit/test_log \
	tests/unit/test_lru \
	tests/unit/test_network \
	tests/unit/test_secret \
	tests/unit/test_setting \
	tests/unit/test_slice \
	tests/unit/test_slice_list \
	tests/unit/test_suggest

tests_unit_test_alloc_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alloc_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_arena_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_arena_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_buf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_buf_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_clock_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_clock_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_confine_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_confine_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_err_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_err_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_hex_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_hex_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_io_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_io_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_ipc_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ipc_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_log_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_log_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_lru_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_lru_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_network_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_network_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_secret_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_secret_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_setting_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_setting_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_slice_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_slice_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_slice_list_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_slice_list_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_suggest_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_suggest_LDADD = $(BASE_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(BASE_TESTS)
TESTS += $(BASE_TESTS)
endif
