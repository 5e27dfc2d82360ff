/* http_fault: everything that can end an attempt without an answer, as one table.
 *
 * libcurl's codes are many and say where inside libcurl it broke; an operator needs to know
 * which of a dozen things it was. `sent` (the connection stood, so the request may have gone
 * out) parts what surely did not happen from what may have: it decides between CONNECT and LOST. */
#include "client/http_internal.h"

#include <string.h>

static const struct {
    CURLcode code;
    enum http_fault fault;
} codes[] = {
    {CURLE_COULDNT_RESOLVE_HOST, HTTP_FAULT_RESOLVE},
    {CURLE_COULDNT_RESOLVE_PROXY, HTTP_FAULT_RESOLVE},
    {CURLE_COULDNT_CONNECT, HTTP_FAULT_CONNECT},
    {CURLE_PROXY, HTTP_FAULT_CONNECT},
    {CURLE_SSL_CONNECT_ERROR, HTTP_FAULT_HANDSHAKE},
    {CURLE_PEER_FAILED_VERIFICATION, HTTP_FAULT_CERTIFICATE},
    {CURLE_SSL_CACERT_BADFILE, HTTP_FAULT_CERTIFICATE},
    {CURLE_SSL_ISSUER_ERROR, HTTP_FAULT_CERTIFICATE},
    {CURLE_SSL_CIPHER, HTTP_FAULT_CERTIFICATE},
    {CURLE_SSL_INVALIDCERTSTATUS, HTTP_FAULT_CERTIFICATE},
    {CURLE_SSL_CLIENTCERT, HTTP_FAULT_CERTIFICATE},
    {CURLE_PARTIAL_FILE, HTTP_FAULT_CUT},
    {CURLE_WEIRD_SERVER_REPLY, HTTP_FAULT_NONSENSE},
    {CURLE_UNSUPPORTED_PROTOCOL, HTTP_FAULT_NONSENSE},
    {CURLE_BAD_CONTENT_ENCODING, HTTP_FAULT_NONSENSE},
    {CURLE_BAD_FUNCTION_ARGUMENT, HTTP_FAULT_BUG},
    {CURLE_URL_MALFORMAT, HTTP_FAULT_BUG},
    {CURLE_UNKNOWN_OPTION, HTTP_FAULT_BUG},
    {CURLE_NOT_BUILT_IN, HTTP_FAULT_BUG},
    {CURLE_OUT_OF_MEMORY, HTTP_FAULT_MEMORY},
};

enum http_fault http_fault_of(CURLcode code, bool sent)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            return codes[i].fault;
    return sent ? HTTP_FAULT_LOST : HTTP_FAULT_CONNECT;
}

/* Each sentence is followed by where and, behind a colon, the detail. */
static const struct words {
    enum err_class class;
    const char *sentence;
    const char *hint;
} words[HTTP_FAULTS] = {
    [HTTP_FAULT_RESOLVE] = {ERR_NET, "could not resolve", "check the host name and the network"},
    [HTTP_FAULT_CONNECT] = {ERR_NET, "could not connect to",
        "check the address, the network and what may block it (proxy, firewall)"},
    [HTTP_FAULT_HANDSHAKE] = {ERR_NET, "TLS broke off with",
        "check that the address and port are those of an https server"},
    [HTTP_FAULT_CERTIFICATE] = {ERR_NET, "TLS was refused: no trusted certificate from",
        "check the host name, this machine's clock and its ca-certificates; it is never skipped"},
    [HTTP_FAULT_LOST] = {ERR_NET, "the connection was lost to", ""},
    [HTTP_FAULT_CUT] = {ERR_NET, "the answer was cut short by", ""},
    [HTTP_FAULT_STALL] = {ERR_TIMEOUT, "timed out: silence from", ""},
    [HTTP_FAULT_DEADLINE] = {ERR_TIMEOUT, "timed out: no answer from", ""},
    [HTTP_FAULT_TOO_LARGE] = {ERR_REMOTE, "the answer is too large from", ""},
    [HTTP_FAULT_NONSENSE] = {ERR_REMOTE, "no proper HTTP answer from", ""},
    [HTTP_FAULT_REDIRECT] = {ERR_REMOTE, "redirect refused, from", ""},
    [HTTP_FAULT_FILE] = {ERR_IO, "the file to send could not be read, for", ""},
    [HTTP_FAULT_MEMORY] = {ERR_IO, "out of memory for a request to", ""},
    [HTTP_FAULT_CANCEL] = {ERR_CANCEL, "cancelled: the request to", ""},
    [HTTP_FAULT_BUG] = {ERR_BUG, "the request could not be made to", ""},
};

const char *http_fault_sentence(enum http_fault fault)
{
    return words[fault].sentence;
}

void http_fault_describe(
    enum http_fault fault, const char *where, const char *detail, int number, struct err *e)
{
    const struct words *w = &words[fault];
    const char *colon = detail[0] != '\0' ? ": " : "";
    (void)err_set(e, w->class, number, "%s %s%s%s", w->sentence, where, colon, detail);
    if (w->hint[0] != '\0')
        (void)err_hint(e, "%s", w->hint);
}
