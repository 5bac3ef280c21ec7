noinst_LIBRARIES += milter/mail/libmail.a
milter_mail_libmail_a_SOURCES = \
	%D%/address.c %D%/address.h \
	%D%/address_list.c %D%/address_list.h \
	%D%/address_parser.c %D%/address_parser.h \
	%D%/address_salvage.c \
	%D%/charset.c %D%/charset.h \
	%D%/charset_convert.c %D%/charset_convert.h \
	%D%/comment.c %D%/comment.h \
	%D%/disclaimer.c %D%/disclaimer.h \
	%D%/disclaimer_body.c %D%/disclaimer_body.h \
	%D%/disclaimer_part.c %D%/disclaimer_part.h \
	%D%/disclaimer_present.c %D%/disclaimer_present.h \
	%D%/disclaimer_text.c %D%/disclaimer_text.h \
	%D%/disclaimer_words.c %D%/disclaimer_words.h \
	%D%/domain.c %D%/domain.h \
	%D%/encoded_text.c %D%/encoded_text.h \
	%D%/encoded_word.c %D%/encoded_word.h \
	%D%/esmtp.c %D%/esmtp.h \
	%D%/header.c %D%/header.h \
	%D%/html_scan.c %D%/html_scan.h \
	%D%/html_text.c %D%/html_text.h \
	%D%/mime_block.c %D%/mime_block.h \
	%D%/mime_build.c %D%/mime_build.h \
	%D%/mime_canon.c %D%/mime_canon.h \
	%D%/mime_codec.c %D%/mime_codec.h \
	%D%/mime_delimiter.c %D%/mime_delimiter.h \
	%D%/mime_label.c %D%/mime_label.h \
	%D%/mime_qp.c \
	%D%/mime_scan.c %D%/mime_scan.h \
	%D%/mime_strict.c %D%/mime_strict.h \
	%D%/mime_texture.c %D%/mime_texture.h \
	%D%/mime_tree.c %D%/mime_tree.h \
	%D%/mime_type.c %D%/mime_type.h \
	%D%/spool.c %D%/spool.h \
	%D%/xtext.c %D%/xtext.h
milter_mail_libmail_a_CPPFLAGS = $(AM_CPPFLAGS) $(IDN2_CFLAGS)

MAIL_TESTS = \
	tests/unit/test_address \
	tests/unit/test_address_list \
	tests/unit/test_charset \
	tests/unit/test_charset_convert \
	tests/unit/test_comment \
	tests/unit/test_disclaimer \
	tests/unit/test_disclaimer_corpus \
	tests/unit/test_disclaimer_text \
	tests/unit/test_disclaimer_where \
	tests/unit/test_domain \
	tests/unit/test_encoded_text \
	tests/unit/test_encoded_word \
	tests/unit/test_esmtp \
	tests/unit/test_header \
	tests/unit/test_html_scan \
	tests/unit/test_html_text \
	tests/unit/test_mime_build \
	tests/unit/test_mime_canon \
	tests/unit/test_mime_codec \
	tests/unit/test_mime_corpus \
	tests/unit/test_mime_label \
	tests/unit/test_mime_scan \
	tests/unit/test_mime_strict \
	tests/unit/test_mime_texture \
	tests/unit/test_mime_type \
	tests/unit/test_spool \
	tests/unit/test_xtext

# Judges trees and canonical forms, for unit tests and fuzz targets.
MIME_CHECK = tests/unit/mime_check.c tests/unit/mime_check.h \
	tests/unit/naive_codec.c tests/unit/naive_codec.h
# The same for disclaimers.
DISCLAIMER_WORD = tests/unit/disclaimer_word.c tests/unit/disclaimer_word.h
DISCLAIMER_RUN = tests/unit/disclaimer_run.c tests/unit/disclaimer_run.h \
	$(DISCLAIMER_WORD)
DISCLAIMER_CHECK = tests/unit/disclaimer_check.c \
	tests/unit/disclaimer_check.h \
	tests/unit/naive_codec.c tests/unit/naive_codec.h

tests_unit_test_address_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_address_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_address_list_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_address_list_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_charset_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_charset_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_charset_convert_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_charset_convert_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_comment_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_comment_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_disclaimer_SOURCES = tests/unit/test_disclaimer.c \
	$(DISCLAIMER_RUN)
tests_unit_test_disclaimer_where_SOURCES = \
	tests/unit/test_disclaimer_where.c $(DISCLAIMER_RUN)
tests_unit_test_disclaimer_where_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_disclaimer_where_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_disclaimer_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_disclaimer_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_disclaimer_corpus_SOURCES = \
	tests/unit/test_disclaimer_corpus.c $(DISCLAIMER_CHECK)
tests_unit_test_disclaimer_corpus_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_disclaimer_corpus_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_disclaimer_text_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_disclaimer_text_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_domain_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_domain_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_encoded_text_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_encoded_text_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_encoded_word_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_encoded_word_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_esmtp_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_esmtp_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_header_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_header_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_html_scan_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_html_scan_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_html_text_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_html_text_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_mime_build_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_mime_build_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_mime_canon_SOURCES = tests/unit/test_mime_canon.c \
	$(MIME_CHECK)
tests_unit_test_mime_canon_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_mime_canon_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_mime_codec_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_mime_codec_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_mime_corpus_SOURCES = tests/unit/test_mime_corpus.c \
	$(MIME_CHECK)
tests_unit_test_mime_corpus_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_mime_corpus_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_mime_label_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_mime_label_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_mime_scan_SOURCES = tests/unit/test_mime_scan.c \
	$(MIME_CHECK)
tests_unit_test_mime_scan_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_mime_scan_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_mime_strict_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_mime_strict_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_mime_texture_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_mime_texture_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_mime_type_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_mime_type_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_spool_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_spool_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=open
tests_unit_test_spool_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)
tests_unit_test_xtext_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_xtext_LDADD = $(MAIL_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(MAIL_TESTS)
TESTS += $(MAIL_TESTS)
endif

# Judged by Python's email package.
check_PROGRAMS += tests/tools/mime_tool
tests_tools_mime_tool_SOURCES = tests/tools/mime_tool.c $(DISCLAIMER_WORD)
tests_tools_mime_tool_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_tools_mime_tool_LDADD = $(MAIL_LIBS)
TESTS += tests/system/mime_judge_test.py
EXTRA_DIST += tests/system/mime_judge_test.py
