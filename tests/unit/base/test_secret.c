/* The registry of secrets and the redactor. */
#include "base/secret.h"

#include "dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

static int forget(void **state)
{
    (void)state;
    secrets_zero();
    return 0;
}

static struct secret *known(const char *value)
{
    struct err e;
    struct secret *s = secret_register("TEST_KEY", value, &e);
    assert_non_null(s);
    return s;
}

/* ---- registry ---------------------------------------------------------------------------------- */

static void test_register(void **state)
{
    (void)state;
    struct secret *s = known(" \t\r\nvalue-one\n");
    assert_string_equal(secret_value(s), "value-one");
    assert_string_equal(secret_name(s), "TEST_KEY");
    assert_ptr_equal(secret_register("OTHER_NAME", "value-one ", NULL), s);
    struct secret *other = known("value-two");
    assert_ptr_not_equal(other, s);
    assert_string_equal(secret_value(s), "value-one");
    assert_string_equal(secret_value(NULL), "");
    assert_string_equal(secret_name(NULL), "");
}

static void assert_refused(const char *value, enum err_class class)
{
    struct err e = {0};
    assert_null(secret_register("TEST_KEY", value, &e));
    assert_int_equal(e.class, class);
    assert_non_null(strstr(e.message, "TEST_KEY"));
    assert_null(strstr(e.message, "hidden"));
    assert_null(secret_register("TEST_KEY", value, NULL));
}

static void test_refused_values(void **state)
{
    (void)state;
    assert_refused("", ERR_INPUT);
    assert_refused(" \n\t ", ERR_INPUT);
    assert_refused(NULL, ERR_INPUT);
    assert_refused("hidden\nvalue", ERR_INPUT);
    assert_refused("hidden\tvalue", ERR_INPUT);
    assert_refused("hidden\033[1mvalue", ERR_INPUT);
    assert_refused("hidden\177", ERR_INPUT);
}

static void test_longest_value(void **state)
{
    (void)state;
    char value[SECRET_BYTES_MAX + 2];
    memset(value, 'v', sizeof value);
    value[SECRET_BYTES_MAX + 1] = '\0';
    assert_refused(value, ERR_INPUT);
    value[SECRET_BYTES_MAX] = '\0';
    struct secret *s = known(value);
    assert_string_equal(secret_value(s), value);
    struct buf b;
    buf_init(&b, 16);
    assert_int_equal(secret_redact(&b, value, SECRET_BYTES_MAX), 0);
    assert_string_equal(buf_str(&b), "***");
    buf_release(&b);
}

static void test_full_registry(void **state)
{
    (void)state;
    char value[32];
    for (int i = 0; i < SECRET_MAX; i++) {
        snprintf(value, sizeof value, "hidden-%d", i);
        known(value);
    }
    assert_refused("hidden-more", ERR_IO);
    assert_non_null(secret_register("TEST_KEY", "hidden-0", NULL));
    assert_non_null(secret_register("TEST_KEY", value, NULL));
}

static void test_equal(void **state)
{
    (void)state;
    struct secret *a = known("the same beginning a"), *b = known("the same beginning b");
    struct secret *shorter = known("the same beginning");
    assert_true(secret_equal(a, a));
    assert_true(secret_equal(a, known("the same beginning a")));
    assert_false(secret_equal(a, b));
    assert_false(secret_equal(a, shorter));
    assert_false(secret_equal(shorter, a));
    assert_false(secret_equal(a, NULL));
    assert_false(secret_equal(NULL, a));
}

static void test_zero(void **state)
{
    (void)state;
    struct secret *s = known("registered-value");
    const char *value = secret_value(s);
    secrets_zero();
    for (size_t i = 0; i < sizeof "registered-value"; i++)
        assert_int_equal(value[i], 0);
    char line[] = "registered-value";
    secret_redact_in_place(line);
    assert_string_equal(line, "registered-value");
    assert_string_equal(secret_value(known("another")), "another");
}

static void test_wipe(void **state)
{
    (void)state;
    char bytes[] = "0123456789";
    secret_wipe(bytes + 2, 4);
    assert_memory_equal(bytes, "01\0\0\0\0006789", sizeof bytes);
    secret_wipe(NULL, 0);
}

/* ---- redaction --------------------------------------------------------------------------------- */

struct example {
    const char *in, *out;
};

/* Both ways of redacting must agree. */
static void check_example(const char *in, const char *out)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    assert_int_equal(secret_redact(&b, in, strlen(in)), 0);
    assert_string_equal(buf_str(&b), out);
    buf_release(&b);
    char *copy = strdup(in);
    assert_non_null(copy);
    secret_redact_in_place(copy);
    assert_string_equal(copy, out);
    free(copy);
}

static void check_examples(const struct example *examples, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_example(examples[i].in, examples[i].out);
}
#define CHECK_EXAMPLES(examples) check_examples(examples, sizeof examples / sizeof *examples)

static void test_key_like_words(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"vllm serve --hf-token=hf_abcdefgh --port 80", "vllm serve --hf-token=hf_*** --port 80"},
        {"--hf-token hf_AbCdEfGhIjKlMnOpQrStUvWxYz01234567", "--hf-token hf_***"},
        {"url?token%3Dhf_abcdefgh&x=1", "url?token%3Dhf_***&x=1"},
        {"{\"token\":\"hf_abcdefgh\",\"x\":1}", "{\"token\":\"hf_***\",\"x\":1}"},
        {"Authorization: Bearer rpa_0123ABCD\r", "Authorization: Bearer rpa_***\r"},
        {"rps_01234567", "rps_***"},
        {"xhf_abcdefgh", "xhf_***"}, /* needs no boundary */
        {"HF_TOKEN=hf_abcdefgh.", "HF_TOKEN=hf_***."},
        {"hf_abcdefghhf_abcdefgh hf_abcdefgh", "hf_*** hf_***"},
        {"hf_abcdefgh-x_y,z", "hf_***,z"}, /* on to the end of the word */
        {"sk-0123456789abcdef", "sk-***"},
        {"key=sk-proj-ab_cd-0123456789;", "key=sk-***;"},
        {"%3Dsk-0123456789abcdef", "%3Dsk-***"},
        {"\"a\\nsk-0123456789abcdef\"", "\"a\\nsk-***\""},
        {"\\u003Dsk-0123456789abcdef", "\\u003Dsk-***"},
        {"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIi.c2ln-_x z", "eyJ*** z"},
        {"hf_jwt_eyJ0123456789abcdef", "hf_jwt_eyJ***"},
        {"hf_transfer0 hf_transfer_1", "hf_*** hf_***"},
        {"token:eyJ0123456789abcdef,", "token:eyJ***,"},
    };
    CHECK_EXAMPLES(examples);
}

static void test_plain_words_stay(void **state)
{
    (void)state;
    static const char *const words[] = {
        "",
        "a plain line",
        "task-force-of-very-many-people-indeed",
        "disk-0123456789abcdef",
        "sk-short",
        "sk-0123456789abcde",
        "hf_hub hf_xet hf_1234567 (hf_transfer) hf_transfer",
        "rpa_ rps_ rpa_short",
        "HF_TOKEN RPA_0123456789",
        "eyJ0123456789abcde",
        "hf_***",
        "sk-***",
        "100%",
        "%",
        "\\",
        "\\u",
        "hf_",
        "hf",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        check_example(words[i], words[i]);
}

static void test_registered_values(void **state)
{
    (void)state;
    known("p\"a\\s/s w%r");
    known("plain0value");
    static const struct example examples[] = {
        {"plain0value", "***"},
        {"a plain0value b plain0value", "a *** b ***"},
        {"plain0valueplain0value.", "***."},
        {"plain0valu plain0value", "plain0valu ***"},
        {"pplain0value", "p***"},
        {"<p\"a\\s/s w%r>", "<***>"},
        {"?k=p%22a%5Cs%2Fs%20w%25r&", "?k=***&"},
        {"?k=p%22a%5cs/s%20w%25r&", "?k=***&"}, /* lower case; what not every encoder encodes */
        {"?k=%70lain0%76alue&", "?k=***&"},
        {"\"p\\\"a\\\\s/s w%r\"", "\"***\""},
        {"\"p\\\"a\\\\s\\/s w%r\"", "\"***\""},
        {"\"p\\u0022a\\u005cs\\u002Fs w\\u0025r\"", "\"***\""},
        {"\"\\u0070lain0value\"", "\"***\""},
        {"plain0valu%6", "plain0valu%6"},
        {"plain0valu\\u006", "plain0valu\\u006"},
    };
    CHECK_EXAMPLES(examples);
}

static void test_value_beyond_ascii(void **state)
{
    (void)state;
    known("p\u00E4ss\U0001F511w");
    static const struct example examples[] = {
        {"x p\u00E4ss\U0001F511w y", "x *** y"},
        {"p%C3%A4ss%f0%9f%94%91w", "***"},
        {"\"p\\u00e4ss\\uD83D\\udd11w\"", "\"***\""},
        {"p\\u00e4ss\\uD83D\\uD83D", "p\\u00e4ss\\uD83D\\uD83D"},
    };
    CHECK_EXAMPLES(examples);
}

static void test_overlapping_secrets(void **state)
{
    (void)state;
    known("abcdef");
    known("abcdefgh");
    known("efghijkl");
    known("hf_0123");
    known("one-inside-another");
    known("inside");
    static const struct example examples[] = {
        {"abcdefgh.", "***."},
        {"abcdefg.", "***g."},
        {"abcdefghijkl.", "***."}, /* one runs into the other */
        {"one-inside-another.", "***."},
        {"hf_0123456789.", "***."},           /* a known one that goes on like a key */
        {"hf_abcdefgh0abcdefgh.", "hf_***."}, /* known ones within a key-like word */
        {"eyJ0123456789.hf_abcdefgh.z", "eyJ***"},
        {"hf_abcdefgheyJ0123456789abcdef.z", "hf_***"},
    };
    CHECK_EXAMPLES(examples);
}

static void test_short_secrets_are_not_masked(void **state)
{
    (void)state;
    char value[SECRET_SHORTEST_MASKED + 1] = "qwerty";
    known("qwert");
    check_example("a qwerty b", "a qwerty b");
    known(value);
    check_example("a qwerty b qwert", "a *** b qwert");
}

static void test_bytes_that_are_no_text(void **state)
{
    (void)state;
    known("secret-value");
    static const char in[] = "a\0secret-value\xFF\0hf_abcdefgh\n";
    static const char out[] = "a\0***\xFF\0hf_***\n";
    struct buf b;
    buf_init(&b, 64);
    assert_int_equal(secret_redact(&b, in, sizeof in - 1), 0);
    assert_int_equal(b.len, sizeof out - 1);
    assert_memory_equal(buf_str(&b), out, sizeof out);
    assert_int_equal(secret_redact(&b, NULL, 0), 0);
    buf_release(&b);
}

/* Whatever the maximum, what is there is the beginning of the whole, and whole in its characters. */
static void test_full_buffer(void **state)
{
    (void)state;
    known("secret-value");
    static const char in[] = "ab \u20AC secret-value \u20AC hf_abcdefgh z";
    static const char out[] = "ab \u20AC *** \u20AC hf_*** z";
    for (size_t max = 0; max < sizeof out + 2; max++) {
        struct buf b;
        buf_init(&b, max);
        int result = secret_redact(&b, in, sizeof in - 1);
        assert_int_equal(result, max >= sizeof out - 1 ? 0 : -1);
        assert_int_equal(b.full, result != 0);
        assert_memory_equal(buf_str(&b), out, b.len);
        assert_int_not_equal((unsigned char)out[b.len] & 0xC0, 0x80);
        assert_true(result == 0 ? b.len == sizeof out - 1 : b.len <= max);
        buf_release(&b);
    }
}

/* ---- properties -------------------------------------------------------------------------------- */

enum form { PLAIN, PERCENT, PERCENT_ALL, JSON, JSON_ALL, FORMS };

static bool is_unreserved(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           strchr("-._~", c);
}

/* Appends a value of printable ASCII as some program would write it. */
static void append_form(struct buf *b, struct dice *d, const char *value, enum form form)
{
    for (const char *s = value; *s; s++) {
        unsigned char c = (unsigned char)*s;
        bool lower = dice_below(d, 2) == 0;
        if (form == PERCENT_ALL || (form == PERCENT && !is_unreserved(c)))
            buf_printf(b, lower ? "%%%02x" : "%%%02X", c);
        else if (form == JSON_ALL)
            buf_printf(b, lower ? "\\u%04x" : "\\u%04X", c);
        else if (form == JSON && (c == '"' || c == '\\'))
            buf_printf(b, "\\%c", c);
        else
            buf_char(b, (char)c);
    }
}

/* No '*': a mask between two pieces of text could otherwise spell a secret. */
static void random_value(struct dice *d, char *out, size_t n)
{
    static const char letters[] = "abcXYZ019-_.~%\\\"/+=&:@ hf_sk-eyJ";
    for (size_t i = 0; i < n; i++)
        out[i] = letters[dice_below(d, sizeof letters - 1)];
    /* White space around it would be taken off. */
    out[0] = out[n - 1] = 'q';
    out[n] = '\0';
}

static void random_text(struct dice *d, struct buf *b, const char *value)
{
    for (size_t left = dice_below(d, 40); left > 0; left--) {
        size_t kind = dice_below(d, 10);
        if (kind == 0)
            buf_char(b, (char)(dice_byte(d) | 1));
        else if (kind == 1)
            buf_str_append(b, "hf_abcdefgh");
        else if (kind == 2)
            buf_append(b, value, dice_below(d, strlen(value))); /* a beginning of it */
        else
            buf_char(b, "abcXYZ019-_.%\\\"/ u00"[dice_below(d, 20)]);
    }
}

static void check_planted(uint64_t seed)
{
    struct dice d = dice_new(seed);
    char value[64];
    random_value(&d, value, SECRET_SHORTEST_MASKED + dice_below(&d, 40));
    known(value);
    enum form form = (enum form)dice_below(&d, FORMS);
    struct buf text, form_of, redacted;
    buf_init(&text, 1 << 16);
    buf_init(&form_of, 1 << 16);
    buf_init(&redacted, 1 << 16);
    append_form(&form_of, &d, value, form);
    random_text(&d, &text, value);
    buf_append(&text, buf_str(&form_of), form_of.len);
    random_text(&d, &text, value);
    assert_int_equal(secret_redact(&redacted, buf_str(&text), text.len), 0);
    if (strstr(buf_str(&redacted), buf_str(&form_of)) || strstr(buf_str(&redacted), value))
        fail_msg("round %llu: \"%s\" survives in \"%s\"", (unsigned long long)seed, value,
            buf_str(&redacted));
    assert_true(redacted.len <= text.len);
    secret_redact_in_place(text.data);
    assert_string_equal(text.data, buf_str(&redacted));
    /* Nothing is left to mask. */
    secret_redact_in_place(text.data);
    assert_string_equal(text.data, buf_str(&redacted));
    buf_release(&text);
    buf_release(&form_of);
    buf_release(&redacted);
}

static void test_a_planted_secret_never_survives(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        if (seed % 4 == 0) /* otherwise several are known at a time */
            secrets_zero();
        check_planted(seed);
    }
}

/* Text made to look like the beginning of a key at every byte: a redactor that searched again from
 * each would not come back. */
static void test_one_very_long_line(void **state)
{
    (void)state;
    enum { LONG = 256 * 1024 };
    known("eyeyeyeyeyeyeyeyeyeyeyeyeyeyeyey!");
    static const char *const fills[] = {"eyJ", "hf_", "sk-", "hf_abcdefgh", "%65%79", "\\u0065y",
        "%", "\\", "eyJeyJeyJeyJeyJeyJeyJ.hf_abcdefgh-sk-"};
    char *line = malloc(LONG + 1);
    assert_non_null(line);
    for (size_t f = 0; f < sizeof fills / sizeof *fills; f++) {
        for (size_t i = 0; i < LONG; i++)
            line[i] = fills[f][i % strlen(fills[f])];
        line[LONG] = '\0';
        secret_redact_in_place(line);
        assert_true(strlen(line) <= LONG);
    }
    free(line);
}

/* ---- threads ----------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 12 };

static void *register_and_redact(void *arg)
{
    int thread = *(int *)arg;
    bool *good = malloc(sizeof *good);
    if (!good)
        return NULL;
    *good = true;
    for (int i = 0; i < ROUNDS; i++) {
        char value[32], line[64];
        /* Half of the values are registered by all threads at once. */
        snprintf(value, sizeof value, "thread-%d-value-%d", i % 2 ? thread : 0, i);
        struct secret *s = secret_register("TEST_KEY", value, NULL);
        snprintf(line, sizeof line, "<%s>", value);
        secret_redact_in_place(line);
        *good = *good && s && strcmp(secret_value(s), value) == 0 && strcmp(line, "<***>") == 0;
    }
    return good;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    int numbers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, register_and_redact, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *good;
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_non_null(good);
        assert_true(*(bool *)good);
        free(good);
    }
    assert_ptr_equal(known("thread-0-value-0"), known("thread-0-value-0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_register, forget),
        cmocka_unit_test_teardown(test_refused_values, forget),
        cmocka_unit_test_teardown(test_longest_value, forget),
        cmocka_unit_test_teardown(test_full_registry, forget),
        cmocka_unit_test_teardown(test_equal, forget),
        cmocka_unit_test_teardown(test_zero, forget),
        cmocka_unit_test_teardown(test_wipe, forget),
        cmocka_unit_test_teardown(test_key_like_words, forget),
        cmocka_unit_test_teardown(test_plain_words_stay, forget),
        cmocka_unit_test_teardown(test_registered_values, forget),
        cmocka_unit_test_teardown(test_value_beyond_ascii, forget),
        cmocka_unit_test_teardown(test_overlapping_secrets, forget),
        cmocka_unit_test_teardown(test_short_secrets_are_not_masked, forget),
        cmocka_unit_test_teardown(test_bytes_that_are_no_text, forget),
        cmocka_unit_test_teardown(test_full_buffer, forget),
        cmocka_unit_test_teardown(test_a_planted_secret_never_survives, forget),
        cmocka_unit_test_teardown(test_one_very_long_line, forget),
        cmocka_unit_test_teardown(test_threads, forget),
    };
    return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
