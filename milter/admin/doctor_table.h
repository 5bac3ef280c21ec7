/*
 * doctor_table.h: rules of header_checks that hit our own fields.
 *
 * Tables in regexp_table(5) and pcre_table(5) form are read; others, and
 * patterns that the C library does not understand, are left out: nothing is
 * executed, and what is overlooked here shows in the first mail.
 */
#ifndef ADMIN_DOCTOR_TABLE_H
#define ADMIN_DOCTOR_TABLE_H

#include "admin/doctor_postfix_check.h"
#include "admin/doctor_report.h"

/* value: "regexp:/etc/postfix/header_checks, pcre:/...". */
void doctor_table_check(struct doctor_report *r, const char *where,
    const char *value, const struct doctor_tables *tables);

/* A rule that does away with one of our fields, or with what has it. */
struct doctor_rule {
	unsigned first, last; /* lines, from 1 */
	const char *field;    /* that it hits */
	struct slice action;
};

/* The first such rule of a table. */
bool doctor_table_find(struct slice text, struct doctor_rule *out);

#endif
