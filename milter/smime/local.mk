noinst_LIBRARIES += milter/smime/libsmime.a
milter_smime_libsmime_a_SOURCES = \
	%D%/der.c %D%/der.h \
	%D%/oid.c %D%/oid.h \
	%D%/tlv.c %D%/tlv.h

SMIME_TESTS = \
	tests/unit/test_oid \
	tests/unit/test_tlv

tests_unit_test_oid_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_oid_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_tlv_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_tlv_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(SMIME_TESTS)
TESTS += $(SMIME_TESTS)
endif
