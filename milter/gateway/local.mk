noinst_LIBRARIES += milter/gateway/libgateway.a
milter_gateway_libgateway_a_SOURCES = \
	%D%/edits.c %D%/edits.h

GATEWAY_TESTS = \
	tests/unit/test_edits

tests_unit_test_edits_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_edits_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(GATEWAY_TESTS)
TESTS += $(GATEWAY_TESTS)
endif
