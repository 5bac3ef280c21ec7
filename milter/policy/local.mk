noinst_LIBRARIES += milter/policy/libpolicy.a
milter_policy_libpolicy_a_SOURCES = \
	%D%/decide.c %D%/decide.h \
	%D%/disclaim.c %D%/disclaim.h \
	%D%/facts.h \
	%D%/grouping.c %D%/grouping.h \
	%D%/inbound.c %D%/inbound.h \
	%D%/plan.c %D%/plan.h \
	%D%/rules.c %D%/rules.h \
	%D%/settle.c %D%/settle.h

POLICY_TESTS = tests/unit/test_decide tests/unit/test_inbound_decide \
	tests/unit/test_plan tests/unit/test_rules

# What a mail administrator can read, and the tests that read it.
EXTRA_DIST += tests/policy/decisions.txt tests/policy/inbound.txt
tests_unit_test_decide_SOURCES = tests/unit/test_decide.c \
	tests/unit/case_table.c tests/unit/case_table.h \
	tests/unit/decision_case.c tests/unit/decision_case.h
tests_unit_test_inbound_decide_SOURCES = tests/unit/test_inbound_decide.c \
	tests/unit/case_table.c tests/unit/case_table.h \
	tests/unit/inbound_case.c tests/unit/inbound_case.h

# Pure: these link without anything but base.
tests_unit_test_decide_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_decide_LDADD = milter/policy/libpolicy.a $(BASE_LIBS) \
	$(UNIT_LIBS)
tests_unit_test_inbound_decide_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_inbound_decide_LDADD = milter/policy/libpolicy.a $(BASE_LIBS) \
	$(UNIT_LIBS)
tests_unit_test_plan_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_plan_LDADD = milter/policy/libpolicy.a $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_test_rules_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rules_LDADD = milter/policy/libpolicy.a $(BASE_LIBS) \
	$(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(POLICY_TESTS)
TESTS += $(POLICY_TESTS)
endif
