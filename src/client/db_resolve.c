/* Host names without blocking: getaddrinfo knows no deadline and no cancel, so it runs on a thread
 * of its own that nobody waits for. Both sides hold a reference to the question; whoever lets go
 * last frees it, so a resolver that hangs costs one sleeping thread and nothing else. Literal
 * addresses need no thread. */
#include "client/db_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { HOST_MAX = 256 };

struct question {
    atomic_int holders;
    struct wake answered;
    atomic_bool done; /* set before the wake-up: publishes what follows */
    char host[HOST_MAX];
    int fault; /* of getaddrinfo */
    struct db_addresses answer;
};

bool db_address_is_loopback(const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, address, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool db_host_is_local(const char *host)
{
    return host[0] == '/' || host[0] == '@' || strcasecmp(host, "localhost") == 0 ||
           db_address_is_loopback(host);
}

static void let_go(struct question *q)
{
    if (atomic_fetch_sub(&q->holders, 1) > 1)
        return;
    wake_release(&q->answered);
    free(q);
}

static void note(struct db_addresses *out, const struct addrinfo *found)
{
    out->loopback = true;
    for (; found && out->n < DB_ADDRESSES_MAX; found = found->ai_next) {
        char *text = out->text[out->n];
        if (getnameinfo(
                found->ai_addr, found->ai_addrlen, text, DB_ADDRESS_MAX, NULL, 0, NI_NUMERICHOST))
            continue;
        out->loopback = out->loopback && db_address_is_loopback(text);
        out->n++;
    }
}

static void *answer(void *arg)
{
    struct question *q = arg;
    const struct addrinfo want = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    q->fault = getaddrinfo(q->host, NULL, &want, &found);
    if (q->fault == 0)
        note(&q->answer, found);
    if (found)
        freeaddrinfo(found);
    atomic_store(&q->done, true);
    wake_up(&q->answered);
    let_go(q);
    return NULL;
}

static struct question *ask(const char *host)
{
    struct question *q = calloc(1, sizeof *q);
    size_t length = strlen(host);
    if (!q || length >= HOST_MAX || wake_init(&q->answered)) {
        free(q);
        return NULL;
    }
    memcpy(q->host, host, length + 1);
    atomic_init(&q->holders, 2);
    atomic_init(&q->done, false);
    pthread_t thread;
    int fault = pthread_create(&thread, NULL, answer, q);
    if (fault == 0) {
        pthread_detach(thread);
        return q;
    }
    wake_release(&q->answered);
    free(q);
    return NULL;
}

static int take_answer(struct question *q, struct db_addresses *out, struct err *e)
{
    if (!atomic_load(&q->done))
        return err_set(e, ERR_BUG, 0, "woken without an answer about a host");
    *out = q->answer;
    if (q->fault == 0 && out->n > 0)
        return 0;
    return err_set(e, ERR_NET, 0, "cannot find the database host %s: %s", q->host,
        q->fault ? gai_strerror(q->fault) : "it has no address");
}

int db_resolve(struct db *d, const char *host, struct db_addresses *out, struct err *e)
{
    unsigned char literal[sizeof(struct in6_addr)];
    *out = (struct db_addresses){0};
    if (inet_pton(AF_INET, host, literal) == 1 || inet_pton(AF_INET6, host, literal) == 1) {
        memcpy(out->text[0], host, strlen(host) + 1); /* shorter than INET6_ADDRSTRLEN */
        out->n = 1;
        out->loopback = db_address_is_loopback(host);
        return 0;
    }
    struct question *q = ask(host);
    if (!q)
        return err_set(e, ERR_IO, ENOMEM, "no memory or thread to look up the database host");
    int result = db_wait(d, wake_fd(&q->answered), POLLIN, d->deadline, e);
    if (result == 0)
        result = take_answer(q, out, e);
    let_go(q);
    return result;
}
