noinst_LIBRARIES += milter/settings/libsettings.a
milter_settings_libsettings_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS)
milter_settings_libsettings_a_SOURCES = \
	%D%/errors.c %D%/errors.h \
	%D%/number.c %D%/number.h \
	%D%/option.c %D%/option.h \
	%D%/reading.c %D%/reading.h \
	%D%/settings.c %D%/settings.h \
	%D%/text.c %D%/text.h \
	%D%/value.c %D%/value.h

SETTINGS_TESTS = tests/unit/test_settings
tests_unit_test_settings_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_settings_LDADD = milter/settings/libsettings.a $(MAIL_LIBS) \
	$(LIBCONFIG_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(SETTINGS_TESTS)
TESTS += $(SETTINGS_TESTS)
endif
EXTRA_DIST += tests/conf/full.conf
