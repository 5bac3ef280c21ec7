noinst_LIBRARIES += milter/daemon/libdaemon.a
milter_daemon_libdaemon_a_SOURCES = \
	%D%/client_certificate.c %D%/client_certificate.h \
	%D%/confinement.c %D%/confinement.h \
	%D%/control.c %D%/control.h \
	%D%/daemon.c %D%/daemon.h \
	%D%/heartbeat.c %D%/heartbeat.h \
	%D%/milter_apply.c %D%/milter_apply.h \
	%D%/milter_callbacks.c %D%/milter_callbacks.h \
	%D%/milter_serve.c %D%/milter_serve.h \
	%D%/notify.c %D%/notify.h \
	%D%/options.c %D%/options.h \
	%D%/pid_file.c %D%/pid_file.h \
	%D%/reload.c %D%/reload.h \
	%D%/service.c %D%/service.h \
	%D%/session.c %D%/session.h \
	%D%/socket.c %D%/socket.h

sbin_PROGRAMS += smime-milter
smime_milter_SOURCES = %D%/main.c
smime_milter_LDADD = $(DAEMON_LIBS)

dist_man_MANS += %D%/smime-milter.8

# Examples: where units belong is for packages to know.
UNITS = smime-keyd.service smime-milter.service \
	smime-milter-guard.service
doc_DATA = $(UNITS)
CLEANFILES += $(UNITS)
EXTRA_DIST += conf/smime-keyd.service.in conf/smime-milter.service.in \
	conf/smime-milter-guard.service.in
$(UNITS): %.service: conf/%.service.in Makefile
	$(AM_V_GEN)$(SED) -e 's,[@]sbindir[@],$(sbindir),g' \
	    -e 's,[@]sysconfdir[@],$(sysconfdir),g' \
	    -e 's,[@]localstatedir[@],$(localstatedir),g' \
	    -e 's,[@]runstatedir[@],$(runstatedir),g' \
	    $(top_srcdir)/conf/$*.service.in >$@

DAEMON_TESTS = tests/unit/test_client_certificate \
	tests/unit/test_control tests/unit/test_heartbeat \
	tests/unit/test_notify tests/unit/test_options \
	tests/unit/test_session tests/unit/test_socket

tests_unit_test_client_certificate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_client_certificate_LDADD = $(DAEMON_LIBS) $(UNIT_LIBS)
tests_unit_test_control_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_control_LDADD = $(DAEMON_LIBS) $(UNIT_LIBS)
tests_unit_test_heartbeat_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_heartbeat_LDADD = $(DAEMON_LIBS) $(UNIT_LIBS)
tests_unit_test_notify_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_notify_LDADD = $(DAEMON_LIBS) $(UNIT_LIBS)
tests_unit_test_options_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_options_LDADD = $(DAEMON_LIBS) $(UNIT_LIBS)
tests_unit_test_session_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_session_LDADD = tests/unit/libgatewayfixture.a \
	tests/unit/libfixture.a $(DAEMON_LIBS) $(UNIT_LIBS)
tests_unit_test_socket_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_socket_LDADD = $(DAEMON_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(DAEMON_TESTS)
TESTS += $(DAEMON_TESTS)
endif

DAEMON_SYSTEM_TESTS = tests/system/daemon_test.py \
	tests/system/no_private_key_symbols_test.sh
TESTS += $(DAEMON_SYSTEM_TESTS)
EXTRA_DIST += $(DAEMON_SYSTEM_TESTS)
