noinst_LIBRARIES += milter/settings/libsettings.a
milter_settings_libsettings_a_SOURCES = \
	%D%/errors.c %D%/errors.h \
	%D%/option.c %D%/option.h \
	%D%/settings.h
