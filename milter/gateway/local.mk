noinst_LIBRARIES += milter/gateway/libgateway.a
milter_gateway_libgateway_a_SOURCES = \
	%D%/armor.c %D%/armor.h \
	%D%/directory.c %D%/directory.h \
	%D%/directory_load.c %D%/directory_load.h \
	%D%/edits.c %D%/edits.h \
	%D%/envelope.c %D%/envelope.h \
	%D%/gate.c %D%/gate.h \
	%D%/gate_cms.c %D%/gate_cms.h \
	%D%/gate_entity.c %D%/gate_entity.h \
	%D%/gateway.c %D%/gateway.h \
	%D%/harvester.c %D%/harvester.h \
	%D%/record.c %D%/record.h \
	%D%/reply.c %D%/reply.h

GATEWAY_TESTS = \
	tests/unit/test_armor \
	tests/unit/test_edits \
	tests/unit/test_envelope \
	tests/unit/test_gate \
	tests/unit/test_record \
	tests/unit/test_reply

tests_unit_test_armor_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_armor_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_edits_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_edits_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_envelope_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_envelope_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_gate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_gate_LDADD = tests/unit/libfixture.a $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_record_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_record_LDADD = tests/unit/libfixture.a $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_reply_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_reply_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(GATEWAY_TESTS)
TESTS += $(GATEWAY_TESTS)
endif
