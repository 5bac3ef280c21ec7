noinst_LIBRARIES += milter/smime/libsmime.a
milter_smime_libsmime_a_SOURCES = \
	%D%/cms_body.c %D%/cms_body.h \
	%D%/der.c %D%/der.h \
	%D%/detect.c %D%/detect.h \
	%D%/oid.c %D%/oid.h \
	%D%/tlv.c %D%/tlv.h

SMIME_TESTS = \
	tests/unit/test_oid \
	tests/unit/test_smime_detect \
	tests/unit/test_tlv

tests_unit_test_oid_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_oid_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_smime_detect_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_smime_detect_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_tlv_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_tlv_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(SMIME_TESTS)
TESTS += $(SMIME_TESTS)
endif
