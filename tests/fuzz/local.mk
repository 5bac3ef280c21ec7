# Fuzz targets, one for each parser, with seeds in seeds/<parser>/: see
# HACKING.md.

EXTRA_DIST += %D%/seeds %D%/mime.dict %D%/address.dict %D%/smtp.dict \
	%D%/header.dict %D%/session.dict %D%/encoded_word.dict \
	%D%/trigger.dict %D%/authres.dict

FUZZ_TARGETS =
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests

if FUZZING
noinst_PROGRAMS += $(FUZZ_TARGETS)

# mail/
FUZZ_TARGETS += %D%/fuzz_address %D%/fuzz_encoded_word %D%/fuzz_header \
	%D%/fuzz_mime_type \
	%D%/fuzz_mime_codec %D%/fuzz_mime_scan %D%/fuzz_mime_canon \
	%D%/fuzz_mail_disclaimer
%C%_fuzz_address_SOURCES = %D%/fuzz_address.c %D%/fuzz.h
%C%_fuzz_address_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_address_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_address_LDADD = $(MAIL_LIBS)
%C%_fuzz_encoded_word_SOURCES = %D%/fuzz_encoded_word.c %D%/fuzz.h
%C%_fuzz_encoded_word_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_encoded_word_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_encoded_word_LDADD = $(MAIL_LIBS)
%C%_fuzz_header_SOURCES = %D%/fuzz_header.c %D%/fuzz.h
%C%_fuzz_header_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_header_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_header_LDADD = $(MAIL_LIBS)
%C%_fuzz_mime_type_SOURCES = %D%/fuzz_mime_type.c %D%/fuzz.h
%C%_fuzz_mime_type_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_mime_type_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_mime_type_LDADD = $(MAIL_LIBS)
%C%_fuzz_mime_codec_SOURCES = %D%/fuzz_mime_codec.c %D%/fuzz.h \
	tests/unit/naive_codec.c tests/unit/naive_codec.h
%C%_fuzz_mime_codec_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_mime_codec_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_mime_codec_LDADD = $(MAIL_LIBS)
%C%_fuzz_mime_scan_SOURCES = %D%/fuzz_mime_scan.c %D%/fuzz.h \
	$(MIME_CHECK)
%C%_fuzz_mime_scan_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_mime_scan_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS) \
	-Wl,--wrap=slice_find
%C%_fuzz_mime_scan_LDADD = $(MAIL_LIBS)
%C%_fuzz_mime_canon_SOURCES = %D%/fuzz_mime_canon.c %D%/fuzz.h \
	$(MIME_CHECK)
%C%_fuzz_mime_canon_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_mime_canon_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_mime_canon_LDADD = $(MAIL_LIBS)
%C%_fuzz_mail_disclaimer_SOURCES = %D%/fuzz_mail_disclaimer.c %D%/fuzz.h \
	tests/unit/disclaimer_check.c tests/unit/disclaimer_check.h \
	$(MIME_CHECK)
%C%_fuzz_mail_disclaimer_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_mail_disclaimer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_mail_disclaimer_LDADD = $(MAIL_LIBS)

# gateway/
FUZZ_TARGETS += %D%/fuzz_authres %D%/fuzz_trigger
%C%_fuzz_authres_SOURCES = %D%/fuzz_authres.c %D%/fuzz.h
%C%_fuzz_authres_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_authres_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_authres_LDADD = $(GATEWAY_LIBS)
%C%_fuzz_trigger_SOURCES = %D%/fuzz_trigger.c %D%/fuzz.h
%C%_fuzz_trigger_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_trigger_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_trigger_LDADD = $(GATEWAY_LIBS)

# cert/
FUZZ_TARGETS += %D%/fuzz_certificate
%C%_fuzz_certificate_SOURCES = %D%/fuzz_certificate.c %D%/fuzz.h
%C%_fuzz_certificate_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_certificate_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_certificate_LDADD = $(CERT_LIBS)

CERTIFIER = %D%/certifier.c %D%/certifier.h \
	tests/unit/cert_fixture.c tests/unit/cert_fixture.h \
	tests/unit/key_pool.c tests/unit/key_pool.h
FUZZ_TARGETS += %D%/fuzz_harvest %D%/fuzz_judge
%C%_fuzz_harvest_SOURCES = %D%/fuzz_harvest.c %D%/fuzz.h $(CERTIFIER)
%C%_fuzz_harvest_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_harvest_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_harvest_LDADD = $(CERT_LIBS)
%C%_fuzz_judge_SOURCES = %D%/fuzz_judge.c %D%/fuzz.h $(CERTIFIER)
%C%_fuzz_judge_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_judge_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_judge_LDADD = $(CERT_LIBS)

# key/, keyd/
FUZZ_TARGETS += %D%/fuzz_key_message %D%/fuzz_keyd_answer %D%/fuzz_keyd_checks
%C%_fuzz_key_message_SOURCES = %D%/fuzz_key_message.c %D%/fuzz.h
%C%_fuzz_key_message_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_key_message_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_key_message_LDADD = $(KEY_LIBS)
%C%_fuzz_keyd_answer_SOURCES = %D%/fuzz_keyd_answer.c %D%/fuzz.h
%C%_fuzz_keyd_answer_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_keyd_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_keyd_answer_LDADD = $(KEYD_LIBS)
%C%_fuzz_keyd_checks_SOURCES = %D%/fuzz_keyd_checks.c %D%/fuzz.h
%C%_fuzz_keyd_checks_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_keyd_checks_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_keyd_checks_LDADD = $(KEYD_LIBS)

# smime/
FUZZ_TARGETS += %D%/fuzz_capabilities %D%/fuzz_smime_detect \
	%D%/fuzz_smime_verify %D%/fuzz_smime_decrypt %D%/fuzz_smime_layers \
	%D%/fuzz_smime_seal
%C%_fuzz_capabilities_SOURCES = %D%/fuzz_capabilities.c %D%/fuzz.h
%C%_fuzz_capabilities_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_capabilities_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_capabilities_LDADD = $(SMIME_LIBS)
%C%_fuzz_smime_detect_SOURCES = %D%/fuzz_smime_detect.c %D%/fuzz.h
%C%_fuzz_smime_detect_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_smime_detect_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_smime_detect_LDADD = $(SMIME_LIBS)
%C%_fuzz_smime_verify_SOURCES = %D%/fuzz_smime_verify.c %D%/fuzz.h
%C%_fuzz_smime_verify_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_smime_verify_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_smime_verify_LDADD = $(SMIME_LIBS)
%C%_fuzz_smime_decrypt_SOURCES = %D%/fuzz_smime_decrypt.c %D%/fuzz.h \
	tests/unit/cert_fixture.c tests/unit/cert_fixture.h \
	tests/unit/key_pool.c tests/unit/key_pool.h
%C%_fuzz_smime_decrypt_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_smime_decrypt_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_smime_decrypt_LDADD = $(SMIME_LIBS)
%C%_fuzz_smime_layers_SOURCES = %D%/fuzz_smime_layers.c %D%/fuzz.h \
	tests/unit/cert_fixture.c tests/unit/cert_fixture.h \
	tests/unit/key_pool.c tests/unit/key_pool.h
%C%_fuzz_smime_layers_CPPFLAGS = $(FUZZ_CPPFLAGS) $(ZLIB_CFLAGS)
%C%_fuzz_smime_layers_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_smime_layers_LDADD = $(SMIME_LIBS)

%C%_fuzz_smime_seal_SOURCES = %D%/fuzz_smime_seal.c %D%/fuzz.h
%C%_fuzz_smime_seal_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_smime_seal_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_smime_seal_LDADD = $(SMIME_LIBS)

# gateway/: what comes back to it
FUZZ_TARGETS += %D%/fuzz_gate %D%/fuzz_gate_disclaimer %D%/fuzz_token
%C%_fuzz_gate_SOURCES = %D%/fuzz_gate.c %D%/fuzz.h \
	tests/unit/cert_fixture.c tests/unit/cert_fixture.h \
	tests/unit/key_pool.c tests/unit/key_pool.h
%C%_fuzz_gate_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_gate_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_gate_LDADD = $(GATEWAY_LIBS)
%C%_fuzz_gate_disclaimer_SOURCES = %D%/fuzz_gate_disclaimer.c %D%/fuzz.h \
	$(MIME_CHECK)
%C%_fuzz_gate_disclaimer_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_gate_disclaimer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_gate_disclaimer_LDADD = $(GATEWAY_LIBS)
%C%_fuzz_token_SOURCES = %D%/fuzz_token.c %D%/fuzz.h
%C%_fuzz_token_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_token_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_token_LDADD = $(GATEWAY_LIBS)

# daemon/: whole sessions
FUZZ_TARGETS += %D%/fuzz_session
%C%_fuzz_session_SOURCES = %D%/fuzz_session.c %D%/fuzz.h \
	%D%/session_judge.c %D%/session_judge.h \
	%D%/session_script.c %D%/session_script.h \
	%D%/session_site.c %D%/session_site.h $(MIME_CHECK)
%C%_fuzz_session_CPPFLAGS = $(FUZZ_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_fuzz_session_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_session_LDADD = tests/unit/libgatewayfixture.a \
	tests/unit/libfixture.a $(DAEMON_LIBS) $(UNIT_LIBS)

# relay/
FUZZ_TARGETS += %D%/fuzz_smtp_command %D%/fuzz_smtp_data %D%/fuzz_smtp_reply
%C%_fuzz_smtp_command_SOURCES = %D%/fuzz_smtp_command.c %D%/fuzz.h
%C%_fuzz_smtp_command_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_smtp_command_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_smtp_command_LDADD = $(RELAY_LIBS)
%C%_fuzz_smtp_data_SOURCES = %D%/fuzz_smtp_data.c %D%/fuzz.h
%C%_fuzz_smtp_data_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_smtp_data_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_smtp_data_LDADD = $(RELAY_LIBS)
%C%_fuzz_smtp_reply_SOURCES = %D%/fuzz_smtp_reply.c %D%/fuzz.h
%C%_fuzz_smtp_reply_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_smtp_reply_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_smtp_reply_LDADD = $(RELAY_LIBS)

# admin/
FUZZ_TARGETS += %D%/fuzz_admin_text
%C%_fuzz_admin_text_SOURCES = %D%/fuzz_admin_text.c %D%/fuzz.h
%C%_fuzz_admin_text_CPPFLAGS = $(FUZZ_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_fuzz_admin_text_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fuzz_admin_text_LDADD = $(ADMIN_LIBS)
endif
