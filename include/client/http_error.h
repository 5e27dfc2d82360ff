/* http_error: what a status and its body mean, as an error with one sentence.
 *
 * Bodies of errors come in many shapes (spec/runpod.md §2.7 and §4.2, spec/huggingface.md §7.1):
 * RFC 9457 problem+json, {"error": text or list}, {"message"}, {"errors":[{"message"}]}, S3 XML,
 * HTML from a gateway, plain text, nothing. The class comes from the status alone:
 *   401 402 403 → auth (402: remote), 404 410 → remote, 408 504 524 → timeout, 409 412 → state,
 *   429 → rate, other 4xx and 5xx → remote; 3xx that was not followed → remote.
 * Threads: pure. */
#ifndef SLIPWAY_CLIENT_HTTP_ERROR_H
#define SLIPWAY_CLIENT_HTTP_ERROR_H

#include "base/err.h"
#include "client/http.h"

/* 0 for 2xx; otherwise fills `e` ("what: HTTP 404: the sentence found in the body (request ID)",
 * number = status) and returns -1. `what` says what was tried, in words: "create the endpoint".
 * When the body says nothing, the X-Error-Message header does (HEAD), else words of our own. */
int http_check(const struct http_response *r, const char *what, struct err *e);

/* The human sentence in an error body, appended to out (cleaned, redacted, one line, at most 300
 * bytes); false when none was found. `content_type` may be NULL. */
bool http_error_sentence(const void *body, size_t n, const char *content_type, struct buf *out);

#endif
