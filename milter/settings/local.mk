noinst_LIBRARIES += milter/settings/libsettings.a
PLACES_CPPFLAGS = -DLOCALSTATEDIR='"$(localstatedir)"' \
	-DRUNSTATEDIR='"$(runstatedir)"'
milter_settings_libsettings_a_CPPFLAGS = $(AM_CPPFLAGS) $(PLACES_CPPFLAGS) \
	$(LIBCONFIG_CFLAGS)
milter_settings_libsettings_a_SOURCES = \
	%D%/disclaimer_files.c %D%/disclaimer_files.h \
	%D%/errors.c %D%/errors.h \
	%D%/group_check.c %D%/group_check.h \
	%D%/groups.c %D%/groups.h \
	%D%/lookup.c %D%/lookup.h \
	%D%/names.c %D%/names.h \
	%D%/number.c %D%/number.h \
	%D%/option.c %D%/option.h \
	%D%/option_list.c %D%/option_list.h \
	%D%/reading.c %D%/reading.h \
	%D%/scalar.c %D%/scalar.h \
	%D%/settings.c %D%/settings.h \
	%D%/text.c %D%/text.h \
	%D%/value.c %D%/value.h \
	%D%/value_type.c %D%/value_type.h \
	%D%/whole.c %D%/whole.h

SETTINGS_TESTS = tests/unit/test_settings tests/unit/test_settings_whole
SETTINGS_PLACE = tests/unit/settings_place.c tests/unit/settings_place.h
tests_unit_test_settings_SOURCES = tests/unit/test_settings.c $(SETTINGS_PLACE)
tests_unit_test_settings_CPPFLAGS = $(UNIT_CPPFLAGS) $(PLACES_CPPFLAGS)
tests_unit_test_settings_LDADD = $(SETTINGS_LIBS) $(UNIT_LIBS)
tests_unit_test_settings_whole_SOURCES = tests/unit/test_settings_whole.c \
	$(SETTINGS_PLACE)
tests_unit_test_settings_whole_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_settings_whole_LDADD = $(SETTINGS_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(SETTINGS_TESTS)
TESTS += $(SETTINGS_TESTS)
endif
EXTRA_DIST += tests/conf/full.conf tests/conf/guard.conf

dist_man_MANS += %D%/smime-milter.conf.5

# A sample never overwrites what the operator has written.
confdir = $(sysconfdir)/smime-milter
conf_DATA = smime-milter.conf.sample smime-milter-guard.conf.sample
EXTRA_DIST += conf/smime-milter.conf conf/smime-milter-guard.conf
CLEANFILES += $(conf_DATA)
$(conf_DATA): %.sample: conf/% places.sed
	$(AM_V_GEN)$(SED) -f places.sed $(top_srcdir)/conf/$* >$@

check_PROGRAMS += tests/tools/print_documented
tests_tools_print_documented_SOURCES = tests/tools/print_documented.c
tests_tools_print_documented_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_tools_print_documented_LDADD = $(SETTINGS_LIBS)

SETTINGS_SYSTEM_TESTS = tests/system/settings_doc_test.py
TESTS += $(SETTINGS_SYSTEM_TESTS)
EXTRA_DIST += $(SETTINGS_SYSTEM_TESTS)
