noinst_LIBRARIES += milter/db/libdb.a
milter_db_libdb_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
milter_db_libdb_a_SOURCES = \
	%D%/sqlite.c %D%/sqlite.h \
	%D%/sqlite_connection.c %D%/sqlite_connection.h \
	%D%/sqlite_query.c

DB_TESTS = tests/unit/test_sqlite

tests_unit_test_sqlite_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_sqlite_LDADD = $(DB_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(DB_TESTS)
TESTS += $(DB_TESTS)
endif
