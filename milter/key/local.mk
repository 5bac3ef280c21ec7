noinst_LIBRARIES += milter/key/libkey.a
milter_key_libkey_a_SOURCES = \
	%D%/key_client.c %D%/key_client.h \
	%D%/key_message.c %D%/key_message.h \
	%D%/key_pool.c %D%/key_pool.h
