/*
 * gate_insertion.h: is one text the other one with something put into it?  For
 * the gate.
 */
#ifndef GATEWAY_GATE_INSERTION_H
#define GATEWAY_GATE_INSERTION_H

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"
#include "gateway/gate_text.h"
#include "mail/spool.h"

struct gate_insertion {
	struct gate_text was, is;
	const char *was_charset, *is_charset; /* labels; NULL: none */
	bool html;
	struct slice text;		  /* UTF-8, what was put there */
	const struct spool_config *spool; /* for a text that was converted */
};

/*
 * Every byte of the old text is there, in order, in the same charset or as
 * UTF-8, and in one place the text once, but for white space; in HTML its
 * characters may be numeric references.  The place is the end, on a line of its
 * own; in HTML that, or before a tag that ends body or document.
 */
int gate_insertion_check(
    const struct gate_insertion *i, struct err *err) MUST_USE;

#endif
