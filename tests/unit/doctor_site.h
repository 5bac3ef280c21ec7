/*
 * doctor_site.h: what the doctor knows of us in the tests of its judges.
 */
#ifndef TESTS_UNIT_DOCTOR_SITE_H
#define TESTS_UNIT_DOCTOR_SITE_H

#include "admin/doctor_own.h"

/* A site with defaults that listens at socket, takes copies at 127.0.0.1:10026,
 * and has no guard.  Whom it serves is for the test to add. */
struct doctor_own doctor_site(const char *socket);

#endif
