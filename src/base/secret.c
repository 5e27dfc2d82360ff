/* The registry: a fixed table that only grows. A secret is written completely before the counter
 * moves over it and is never changed afterwards, so readers (the redactor runs for every line of
 * every thread, and on the crash path) take no lock at all; the lock keeps writers apart.
 *
 * The table is static memory, so that values have one place for their whole life: nothing is copied
 * when it grows, and nothing has to be freed to be gone. Untouched pages of it cost nothing. */
#include "base/secret.h"
#include "base/secret_internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 63 };

struct secret {
    size_t len;
    char name[NAME_MAX_BYTES + 1];
    char value[SECRET_BYTES_MAX + 1]; /* zeros behind len */
};

static struct secret table[SECRET_MAX];
static atomic_size_t count;
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

size_t secret_count(void)
{
    return atomic_load_explicit(&count, memory_order_acquire);
}

const char *secret_bytes(size_t index, size_t *len)
{
    *len = table[index].len;
    return table[index].value;
}

/* ---- registering ------------------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *trim(const char *s, size_t *len)
{
    while (is_space(*s))
        s++;
    *len = strlen(s);
    while (*len > 0 && is_space(s[*len - 1]))
        --*len;
    return s;
}

static bool has_control(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7F)
            return true;
    return false;
}

/* NULL, or what is wrong with the value. */
static const char *refusal(const char *value, size_t len)
{
    if (len == 0)
        return "is empty";
    if (len > SECRET_BYTES_MAX)
        return "is too long";
    return has_control(value, len) ? "holds control characters" : NULL;
}

/* Lock held. */
static struct secret *find(const char *value, size_t len)
{
    for (size_t i = 0; i < secret_count(); i++)
        if (table[i].len == len && memcmp(table[i].value, value, len) == 0)
            return &table[i];
    return NULL;
}

/* Lock held; NULL when the table is full. */
static struct secret *add(const char *name, const char *value, size_t len)
{
    size_t used = secret_count();
    if (used == SECRET_MAX)
        return NULL;
    struct secret *s = &table[used];
    memset(s, 0, sizeof *s);
    snprintf(s->name, sizeof s->name, "%s", name);
    memcpy(s->value, value, len);
    s->len = len;
    atomic_store_explicit(&count, used + 1, memory_order_release);
    return s;
}

struct secret *secret_register(const char *name, const char *value, struct err *e)
{
    size_t len;
    value = trim(value ? value : "", &len);
    name = name ? name : "";
    const char *refused = refusal(value, len);
    if (refused) {
        err_set(e, ERR_INPUT, 0, "the value of %s %s", name, refused);
        return NULL;
    }
    pthread_mutex_lock(&writing);
    struct secret *s = find(value, len);
    if (!s)
        s = add(name, value, len);
    pthread_mutex_unlock(&writing);
    if (!s)
        err_set(e, ERR_IO, 0, "no room for %s: %d secrets are known already", name, SECRET_MAX);
    return s;
}

/* ---- using ------------------------------------------------------------------------------------- */

const char *secret_value(const struct secret *s)
{
    return s ? s->value : "";
}

const char *secret_name(const struct secret *s)
{
    return s ? s->name : "";
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
    if (!a || !b)
        return a == b;
    /* Always over the whole table entry, so the time says nothing about either. */
    unsigned char differs = 0;
    for (size_t i = 0; i < sizeof a->value; i++)
        differs = (unsigned char)(differs | (a->value[i] ^ b->value[i]));
    return differs == 0;
}

/* ---- forgetting -------------------------------------------------------------------------------- */

void secret_wipe(void *p, size_t n)
{
    if (n > 0)
        explicit_bzero(p, n);
}

void secrets_zero(void)
{
    size_t used = secret_count();
    atomic_store_explicit(&count, 0, memory_order_release);
    for (size_t i = 0; i < used; i++) {
        secret_wipe(table[i].value, sizeof table[i].value);
        table[i].len = 0;
    }
}
