noinst_LIBRARIES += milter/keyd/libkeyd.a
milter_keyd_libkeyd_a_SOURCES = \
	%D%/keyd_answer.c %D%/keyd_answer.h \
	%D%/keyd_attrs.c %D%/keyd_attrs.h \
	%D%/keyd_cache.c %D%/keyd_cache.h \
	%D%/keyd_constant_time.h \
	%D%/keyd_crypto.c %D%/keyd_crypto.h \
	%D%/keyd_decoy.c %D%/keyd_decoy.h \
	%D%/keyd_der.c %D%/keyd_der.h \
	%D%/keyd_filter.h \
	%D%/keyd_key.c %D%/keyd_key.h \
	%D%/keyd_options.c %D%/keyd_options.h \
	%D%/keyd_peers.c %D%/keyd_peers.h \
	%D%/keyd_request_info.c %D%/keyd_request_info.h \
	%D%/keyd_seal.c %D%/keyd_seal.h \
	%D%/keyd_service.c %D%/keyd_service.h \
	%D%/keyd_sign.c %D%/keyd_sign.h \
	%D%/keyd_unwrap.h %D%/keyd_unwrap_ecdh.c %D%/keyd_unwrap_rsa.c \
	%D%/keyd_workers.c %D%/keyd_workers.h
if SANITIZING
milter_keyd_libkeyd_a_SOURCES += %D%/keyd_filter_none.c
else
milter_keyd_libkeyd_a_SOURCES += %D%/keyd_filter.c
endif

sbin_PROGRAMS += smime-keyd
smime_keyd_SOURCES = %D%/main.c
smime_keyd_LDADD = $(KEYD_LIBS)
