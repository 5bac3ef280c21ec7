noinst_LIBRARIES += milter/daemon/libdaemon.a
milter_daemon_libdaemon_a_SOURCES = \
	%D%/service.c %D%/service.h \
	%D%/session.c %D%/session.h

dist_man_MANS += %D%/smime-milter.8

DAEMON_TESTS = tests/unit/test_session

tests_unit_test_session_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_session_LDADD = tests/unit/libgatewayfixture.a \
	tests/unit/libfixture.a $(DAEMON_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(DAEMON_TESTS)
TESTS += $(DAEMON_TESTS)
endif
