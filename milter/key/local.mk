noinst_LIBRARIES += milter/key/libkey.a
milter_key_libkey_a_SOURCES = \
	%D%/key_client.c %D%/key_client.h \
	%D%/key_message.c %D%/key_message.h \
	%D%/key_pool.c %D%/key_pool.h

KEY_TESTS = \
	tests/unit/test_key_client \
	tests/unit/test_key_message \
	tests/unit/test_key_pool

tests_unit_test_key_client_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_key_client_SOURCES = tests/unit/test_key_client.c \
	$(KEYD_FIXTURE)
tests_unit_test_key_client_LDADD = $(KEY_LIBS) $(UNIT_LIBS)
tests_unit_test_key_message_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_key_message_LDADD = $(KEY_LIBS) $(UNIT_LIBS)
tests_unit_test_key_pool_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_key_pool_LDADD = $(KEY_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(KEY_TESTS)
TESTS += $(KEY_TESTS)
endif
