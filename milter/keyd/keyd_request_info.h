/*
 * keyd_request_info.h: is this a certificate request for that key?
 */
#ifndef KEYD_KEYD_REQUEST_INFO_H
#define KEYD_KEYD_REQUEST_INFO_H

#include "base/err.h"
#include "base/slice.h"

/* A CertificationRequestInfo (RFC 2986 4.1) in DER, version 0, at most
 * LIMIT_REQUEST_INFO bytes, whose SubjectPublicKeyInfo is spki byte for
 * byte.  Error: policy. */
int keyd_request_info_check(
    struct slice info, struct slice spki, struct err *err) MUST_USE;

#endif
