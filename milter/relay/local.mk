noinst_LIBRARIES += milter/relay/librelay.a
milter_relay_librelay_a_SOURCES = \
	%D%/relay.c %D%/relay.h \
	%D%/relay_copy.h \
	%D%/relay_slots.c %D%/relay_slots.h \
	%D%/relay_target.c %D%/relay_target.h \
	%D%/relay_wait.c %D%/relay_wait.h \
	%D%/smtp_command.c %D%/smtp_command.h \
	%D%/smtp_connection.c %D%/smtp_connection.h \
	%D%/smtp_data.c %D%/smtp_data.h \
	%D%/smtp_extensions.c %D%/smtp_extensions.h \
	%D%/smtp_reply.c %D%/smtp_reply.h \
	%D%/smtp_transaction.c %D%/smtp_transaction.h

RELAY_TESTS = \
	tests/unit/test_relay \
	tests/unit/test_relay_slots \
	tests/unit/test_relay_target \
	tests/unit/test_smtp_command \
	tests/unit/test_smtp_data \
	tests/unit/test_smtp_extensions \
	tests/unit/test_smtp_reply

tests_unit_test_relay_CPPFLAGS = $(UNIT_CPPFLAGS)
RELAY_WORD = tests/unit/relay_word.c tests/unit/relay_word.h
tests_unit_test_relay_SOURCES = tests/unit/test_relay.c $(RELAY_WORD) \
	tests/unit/smtp_fixture.c tests/unit/smtp_fixture.h
tests_unit_test_relay_LDADD = $(RELAY_LIBS) $(UNIT_LIBS)
tests_unit_test_relay_slots_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_relay_slots_LDADD = $(RELAY_LIBS) $(UNIT_LIBS)
tests_unit_test_relay_target_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_relay_target_LDADD = $(RELAY_LIBS) $(UNIT_LIBS)
tests_unit_test_smtp_command_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_smtp_command_LDADD = $(RELAY_LIBS) $(UNIT_LIBS)
tests_unit_test_smtp_data_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_smtp_data_LDADD = $(RELAY_LIBS) $(UNIT_LIBS)
tests_unit_test_smtp_extensions_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_smtp_extensions_LDADD = $(RELAY_LIBS) $(UNIT_LIBS)
tests_unit_test_smtp_reply_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_smtp_reply_LDADD = $(RELAY_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(RELAY_TESTS)
TESTS += $(RELAY_TESTS)
endif

# Judged by Postfix and Sendmail.
check_PROGRAMS += tests/tools/relay_tool
tests_tools_relay_tool_SOURCES = tests/tools/relay_tool.c $(RELAY_WORD)
tests_tools_relay_tool_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_tools_relay_tool_LDADD = $(RELAY_LIBS)
TESTS += tests/system/relay_test.py
EXTRA_DIST += tests/system/relay_test.py
