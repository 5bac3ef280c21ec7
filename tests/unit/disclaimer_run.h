/*
 * disclaimer_run.h: disclaimers put into entities that are written down
 * briefly.
 */
#ifndef TESTS_UNIT_DISCLAIMER_RUN_H
#define TESTS_UNIT_DISCLAIMER_RUN_H

#include "mail/disclaimer.h"

/* One insertion, and what came of it. */
struct disclaimer_run {
	struct disclaimer_template *t;
	struct disclaimer d;
	struct mime_tree tree;
	struct spool out;
	size_t header_len;
	enum disclaimer_result result;
};

/* What is added; a test that changes it changes it back. */
extern const char *run_text_file, *run_html_file;

/* With the files of a disclaimer, filled in for alice@example.org; ended with
 * disclaimer_run_fini. */
void disclaimer_run_init(
    struct disclaimer_run *r, const char *text, const char *html);
void disclaimer_run_fini(struct disclaimer_run *r);

/* Nothing is written unless it is added. */
void disclaimer_run_slices(struct disclaimer_run *r, struct slice header,
    struct slice body, bool repeat);

/* With run_text_file and run_html_file; "~" is CRLF (tilde.h). */
void disclaimer_run_text(struct disclaimer_run *r, const char *header,
    const char *body, bool repeat);

/* wanted: the whole new entity. */
void run_check_becomes(
    const char *header, const char *body, const char *wanted);

/* wanted: the new body; the header stays. */
void run_check_body(const char *header, const char *body, const char *wanted);

/* wanted: the result of adding it unless it is there. */
void run_check_not(
    const char *header, const char *body, enum disclaimer_result wanted);

#define TEXT	    "Content-Type: text/plain; charset=us-ascii~"
#define UTF8	    "Content-Type: text/plain; charset=utf-8~"
#define LATIN1	    "Content-Type: text/plain; charset=iso-8859-1~"
#define HTML	    "Content-Type: text/html; charset=utf-8~"
#define CTE	    "Content-Transfer-Encoding: "
#define MIXED	    "Content-Type: multipart/mixed; boundary=b~"
#define ALTERNATIVE "Content-Type: multipart/alternative; boundary=a~"
#define ADDED	    "~Legal text~"

#define UMLAUT "gr\xc3\xbc\xc3\x9f"
#define EURO   "\xe2\x82\xac"

#endif
