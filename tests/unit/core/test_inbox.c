#include "core/inbox.h"

#include "helpers.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct inbox_limits limits = {
    .statuses = 4, .logs = 5, .log_bytes = 1000, .results = 3};

static int set_up(void **state)
{
    *state = inbox_new(&limits);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    inbox_free(*state);
    return 0;
}

/* A message whose payload is the number. */
static struct message *numbered(enum message_kind kind, const char *key, int number)
{
    struct message *m = message_new(kind, 1, key, 4096);
    assert_non_null(m);
    int *payload = arena_alloc(m->arena, sizeof *payload);
    assert_non_null(payload);
    *payload = number;
    m->payload = payload;
    return m;
}

static int number_of(const struct message *m)
{
    return *(const int *)m->payload;
}

static int send_number(struct inbox *in, enum message_kind kind, const char *key, int number)
{
    return inbox_send(in, numbered(kind, key, number));
}

static void send_log(struct inbox *in, int number)
{
    assert_int_equal(send_number(in, MESSAGE_LOG, NULL, number), 0);
}

static void send_status(struct inbox *in, const char *key, int number)
{
    assert_int_equal(send_number(in, MESSAGE_STATUS, key, number), 0);
}

/* Receives, and expects just these numbers in this order; -1 ends them. */
static void expect(struct inbox *in, const int *numbers)
{
    struct message *m = inbox_receive(in, NULL);
    for (; *numbers >= 0; numbers++) {
        assert_non_null(m);
        assert_int_equal(number_of(m), *numbers);
        struct message *next = m->next;
        message_free(m);
        m = next;
    }
    assert_null(m);
}

#define EXPECT(in, ...) expect(in, (const int[]){__VA_ARGS__, -1})

static void expect_dropped(struct inbox *in, uint64_t statuses, uint64_t logs)
{
    struct inbox_dropped dropped;
    for (struct message *m = inbox_receive(in, &dropped), *next; m; m = next) {
        next = m->next;
        message_free(m);
    }
    assert_int_equal(dropped.statuses, statuses);
    assert_int_equal(dropped.logs, logs);
}

static void all_kinds_come_out_in_order_of_sending(void **state)
{
    struct inbox *in = *state;
    assert_null(inbox_receive(in, NULL));
    assert_int_equal(inbox_reserve(in), 0);
    send_log(in, 0);
    send_status(in, "a", 1);
    send_log(in, 2);
    assert_int_equal(send_number(in, MESSAGE_RESULT, NULL, 3), 0);
    send_status(in, "b", 4);
    send_log(in, 5);
    EXPECT(in, 0, 1, 2, 3, 4, 5);
    expect_dropped(in, 0, 0);
    send_log(in, 6);
    EXPECT(in, 6);
}

static void a_message_is_received_as_it_was_sent(void **state)
{
    struct inbox *in = *state;
    struct message *m = message_new(MESSAGE_STATUS, 42, "workers/x2x4", 100);
    assert_non_null(m);
    char *payload = arena_strdup(m->arena, "three workers");
    m->payload = payload;
    assert_null(arena_alloc(m->arena, 100)); /* its arena has a maximum */
    assert_int_equal(inbox_send(in, m), 0);
    m = inbox_receive(in, NULL);
    assert_non_null(m);
    assert_int_equal(m->kind, MESSAGE_STATUS);
    assert_int_equal(m->type, 42);
    assert_string_equal(m->key, "workers/x2x4");
    assert_ptr_equal(m->payload, payload);
    assert_string_equal(m->payload, "three workers");
    assert_null(m->next);
    message_free(m);
}

static void a_message_may_have_no_payload(void **state)
{
    struct inbox *in = *state;
    for (int kind = 0; kind <= MESSAGE_LOG; kind++) {
        struct message *m = message_new((enum message_kind)kind, kind, NULL, 0);
        assert_non_null(m);
        assert_string_equal(m->key, "");
        arena_free(m->arena);
        m->arena = NULL;
        assert_int_equal(inbox_send(in, m), 0);
        m = inbox_receive(in, NULL);
        assert_non_null(m);
        assert_int_equal(m->type, kind);
        assert_null(m->payload);
        message_free(m);
    }
    message_free(NULL);
}

static void keys_are_never_cut(void **state)
{
    (void)state;
    char key[MESSAGE_KEY_MAX + 1];
    memset(key, 'k', sizeof key);
    key[MESSAGE_KEY_MAX] = '\0';
    assert_null(message_new(MESSAGE_STATUS, 1, key, 0));
    key[MESSAGE_KEY_MAX - 1] = '\0';
    struct message *m = message_new(MESSAGE_STATUS, 1, key, 0);
    assert_non_null(m);
    assert_string_equal(m->key, key);
    message_free(m);
}

/* ---- the policies ------------------------------------------------------------------------------ */

static void the_newest_status_takes_the_place_of_the_older(void **state)
{
    struct inbox *in = *state;
    send_status(in, "a", 1);
    send_status(in, "b", 2);
    send_log(in, 3);
    send_status(in, "a", 11);
    send_status(in, "c", 4);
    send_status(in, "a", 12);
    send_status(in, "c", 14);
    EXPECT(in, 12, 2, 3, 14);
    send_status(in, "a", 13); /* nothing of that key waits any more */
    EXPECT(in, 13);
    expect_dropped(in, 0, 0);
}

static void a_replaced_status_brings_its_own_type(void **state)
{
    struct inbox *in = *state;
    struct message *first = message_new(MESSAGE_STATUS, 5, "k", 0);
    struct message *second = message_new(MESSAGE_STATUS, 6, "k", 0);
    assert_int_equal(inbox_send(in, first), 0);
    assert_int_equal(inbox_send(in, second), 0);
    struct message *m = inbox_receive(in, NULL);
    assert_non_null(m);
    assert_int_equal(m->type, 6);
    assert_null(m->next);
    message_free(m);
}

static void keys_that_only_begin_alike_are_different(void **state)
{
    struct inbox *in = *state;
    send_status(in, "workers/x2", 1);
    send_status(in, "workers/x2x4", 2);
    send_status(in, "workers/", 3);
    send_status(in, "", 4);
    EXPECT(in, 1, 2, 3, 4);
}

static void the_oldest_status_is_dropped_and_counted(void **state)
{
    struct inbox *in = *state;
    const char *keys[] = {"a", "b", "c", "d", "e", "f"};
    for (int i = 0; i < 5; i++)
        send_status(in, keys[i], i);
    send_status(in, "b", 11); /* is the oldest now, and keeps that place */
    send_status(in, "f", 5);
    send_status(in, "a", 20); /* was dropped: counts as new */
    EXPECT(in, 3, 4, 5, 20);
    expect_dropped(in, 3, 0);
    expect_dropped(in, 0, 0);
}

static void the_oldest_logs_are_dropped_by_count(void **state)
{
    struct inbox *in = *state;
    for (int i = 0; i < 8; i++)
        send_log(in, i);
    EXPECT(in, 3, 4, 5, 6, 7);
    expect_dropped(in, 0, 3);
}

/* A message may stand for many lines. */
static void what_is_dropped_counts_by_its_weight(void **state)
{
    struct inbox *in = *state;
    for (int i = 0; i < 7; i++) {
        struct message *m = numbered(MESSAGE_LOG, NULL, i);
        m->weight = i == 0 ? 500 : 0;
        assert_int_equal(inbox_send(in, m), 0);
    }
    EXPECT(in, 2, 3, 4, 5, 6);
    expect_dropped(in, 0, 501);
}

static void send_log_of(struct inbox *in, int number, size_t bytes)
{
    struct message *m = numbered(MESSAGE_LOG, NULL, number);
    if (bytes > arena_size(m->arena))
        assert_non_null(arena_alloc(m->arena, bytes - arena_size(m->arena)));
    assert_true(arena_size(m->arena) >= bytes);
    assert_int_equal(inbox_send(in, m), 0);
}

static void the_oldest_logs_are_dropped_by_bytes(void **state)
{
    struct inbox *in = *state;
    send_log_of(in, 1, 300);
    send_log_of(in, 2, 300);
    send_log_of(in, 3, 300);
    send_log_of(in, 4, 600); /* room for it is there when two have gone */
    EXPECT(in, 3, 4);
    expect_dropped(in, 0, 2);
    for (int i = 0; i < 3; i++)
        send_log_of(in, i, 300); /* the bytes received do not count any more */
    EXPECT(in, 0, 1, 2);
    expect_dropped(in, 0, 0);
}

static void a_log_too_large_alone_drops_only_itself(void **state)
{
    struct inbox *in = *state;
    send_log_of(in, 1, 300);
    send_log_of(in, 2, 1008);
    EXPECT(in, 1);
    expect_dropped(in, 0, 1);
    send_log_of(in, 3, 1008); /* the count alone is worth a look too */
    assert_true(is_readable(inbox_fd(in), 0));
    expect_dropped(in, 0, 1);
    assert_false(is_readable(inbox_fd(in), 0));
}

static void results_have_their_place_or_are_refused_before(void **state)
{
    struct inbox *in = *state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(inbox_reserve(in), 0);
    assert_int_equal(inbox_reserve(in), -1);
    for (int i = 0; i < 20; i++) { /* a flood of the rest does not matter */
        send_log(in, 100 + i);
        send_status(in, i % 2 ? "odd" : "even", 200 + i);
    }
    assert_int_equal(send_number(in, MESSAGE_RESULT, NULL, 1), 0);
    assert_int_equal(send_number(in, MESSAGE_RESULT, NULL, 2), 0);
    assert_int_equal(inbox_reserve(in), -1); /* two wait, one is promised */
    inbox_unreserve(in);
    assert_int_equal(inbox_reserve(in), 0);
    assert_int_equal(send_number(in, MESSAGE_RESULT, NULL, 3), 0);
    assert_int_equal(inbox_reserve(in), -1);
    EXPECT(in, 218, 219, 115, 116, 117, 118, 119, 1, 2, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(inbox_reserve(in), 0);
}

/* The promise is asserted; without asserts the result is freed and refused. */
static void a_result_nobody_reserved_for_is_a_bug(void **state)
{
    struct inbox *in = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        signal(SIGABRT, SIG_DFL);
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDERR_FILENO);
        _exit(send_number(in, MESSAGE_RESULT, NULL, 1) == -1 ? 17 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        assert_int_equal(WTERMSIG(status), SIGABRT);
    else
        assert_int_equal(WEXITSTATUS(status), 17);
}

static void limits_of_nothing_keep_the_newest(void **state)
{
    (void)state;
    const struct inbox_limits none = {.log_bytes = 4096};
    struct inbox *in = inbox_new(&none);
    assert_non_null(in);
    send_status(in, "a", 1);
    send_status(in, "b", 2);
    send_log(in, 3);
    send_log(in, 4);
    assert_int_equal(inbox_reserve(in), -1);
    EXPECT(in, 2, 4);
    expect_dropped(in, 1, 1);
    inbox_free(in);
    inbox_free(NULL);
}

static void a_closed_inbox_takes_nothing_more(void **state)
{
    struct inbox *in = *state;
    assert_int_equal(inbox_reserve(in), 0);
    assert_int_equal(inbox_reserve(in), 0);
    send_log(in, 1);
    inbox_close(in);
    assert_int_equal(send_number(in, MESSAGE_STATUS, "a", 2), -1);
    assert_int_equal(send_number(in, MESSAGE_LOG, NULL, 3), -1);
    assert_int_equal(send_number(in, MESSAGE_RESULT, NULL, 4), -1);
    assert_int_equal(inbox_reserve(in), -1);
    inbox_unreserve(in);
    EXPECT(in, 1);
    expect_dropped(in, 0, 0);
}

static void what_waits_is_freed_with_the_inbox(void **state)
{
    (void)state;
    struct inbox *in = inbox_new(&limits);
    assert_int_equal(inbox_reserve(in), 0);
    send_log(in, 1);
    send_status(in, "a", 2);
    assert_int_equal(send_number(in, MESSAGE_RESULT, NULL, 3), 0);
    inbox_free(in);
}

static void it_is_readable_exactly_while_something_waits(void **state)
{
    struct inbox *in = *state;
    int fd = inbox_fd(in);
    assert_false(is_readable(fd, 0));
    for (int round = 0; round < 3; round++) {
        send_status(in, "a", 1);
        assert_true(is_readable(fd, 0));
        send_status(in, "a", 2);
        send_log(in, 3);
        assert_true(is_readable(fd, 0));
        EXPECT(in, 2, 3);
        assert_false(is_readable(fd, 0));
        assert_null(inbox_receive(in, NULL));
        assert_false(is_readable(fd, 0));
    }
}

/* ---- many --------------------------------------------------------------------------------------- */

enum { MANY = 100000 };

static void send_round(struct inbox *in, int round)
{
    for (int i = 0; i < MANY; i++) {
        char key[32];
        snprintf(key, sizeof key, "worker/%d", i);
        struct message *m = message_new(MESSAGE_STATUS, round, key, 0);
        assert_non_null(m);
        assert_int_equal(inbox_send(in, m), 0);
    }
}

/* A look-up that goes through the waiting ones would take 10^10 steps here: minutes. */
static void the_number_waiting_does_not_slow_senders(void **state)
{
    (void)state;
    const struct inbox_limits wide = {.statuses = MANY, .logs = 1, .log_bytes = 1, .results = 1};
    struct inbox *in = inbox_new(&wide);
    assert_non_null(in);
    int64_t begin = real_ms();
    send_round(in, 1);
    send_round(in, 2);
    assert_true(real_ms() - begin < PATIENCE_MS);
    int received = 0;
    for (struct message *m = inbox_receive(in, NULL), *next; m; m = next, received++) {
        next = m->next;
        assert_int_equal(m->type, 2);
        assert_int_equal(atoi(m->key + 7), received);
        message_free(m);
    }
    assert_int_equal(received, MANY);
    inbox_free(in);
}

/* Against a plain model: random sends and receives of all kinds. */
enum { MODEL_KEYS = 9, MODEL_STEPS = 20000, MODEL_MAX = 64 };

struct model {
    struct slot {
        enum message_kind kind;
        int key, number;
    } slot[MODEL_MAX];
    int n;
    int dropped[2];
};

static int model_find(const struct model *m, enum message_kind kind, int key)
{
    for (int i = 0; i < m->n; i++)
        if (m->slot[i].kind == kind && (key < 0 || m->slot[i].key == key))
            return i;
    return -1;
}

static void model_send(struct model *m, enum message_kind kind, int key, int number, int most)
{
    int waiting = kind == MESSAGE_STATUS ? model_find(m, kind, key) : -1, count = 0;
    if (waiting >= 0) {
        m->slot[waiting].number = number;
        return;
    }
    for (int i = 0; i < m->n; i++)
        count += m->slot[i].kind == kind;
    if (count == most) {
        int oldest = model_find(m, kind, -1);
        memmove(
            &m->slot[oldest], &m->slot[oldest + 1], (size_t)(--m->n - oldest) * sizeof m->slot[0]);
        m->dropped[kind]++;
    }
    m->slot[m->n++] = (struct slot){kind, key, number};
}

static void model_receive(struct model *model, struct inbox *in)
{
    struct inbox_dropped dropped;
    struct message *m = inbox_receive(in, &dropped);
    for (int i = 0; i < model->n; i++) {
        assert_non_null(m);
        assert_int_equal(m->kind, model->slot[i].kind);
        assert_int_equal(number_of(m), model->slot[i].number);
        struct message *next = m->next;
        message_free(m);
        m = next;
    }
    assert_null(m);
    assert_int_equal(dropped.statuses, model->dropped[MESSAGE_STATUS]);
    assert_int_equal(dropped.logs, model->dropped[MESSAGE_LOG]);
    *model = (struct model){0};
}

static void it_behaves_like_a_plain_list(void **state)
{
    struct inbox *in = *state;
    struct model model = {0};
    uint64_t seed = 4711;
    for (int step = 0; step < MODEL_STEPS; step++) {
        int key = (int)random_below(&seed, MODEL_KEYS);
        char name[16];
        snprintf(name, sizeof name, "k%d", key);
        switch (random_below(&seed, 8)) {
        case 0:
            model_receive(&model, in);
            break;
        case 1:
            if (inbox_reserve(in))
                break;
            assert_int_equal(send_number(in, MESSAGE_RESULT, NULL, step), 0);
            model_send(&model, MESSAGE_RESULT, -1, step, MODEL_MAX);
            break;
        case 2:
        case 3:
            send_log(in, step);
            model_send(&model, MESSAGE_LOG, -1, step, (int)limits.logs);
            break;
        default:
            send_status(in, name, step);
            model_send(&model, MESSAGE_STATUS, key, step, (int)limits.statuses);
        }
    }
    model_receive(&model, in);
}

/* ---- many senders ----------------------------------------------------------------------------- */

enum { SENDERS = 5, SENDS = 12000, KEYS = 7 };
enum { TYPE_USUAL, TYPE_LAST };

struct sender {
    struct inbox *in;
    int id;
    uint64_t seed;
    int logs, results, failed;  /* what it sent */
    int newest[KEYS];           /* the number of the last status of each key */
    int got_logs, got_results;  /* what the receiver got of it */
    int got_newest[KEYS], last; /* last: number of the last log or result */
    bool disorder, ended;
};

struct note {
    int sender, number, key;
};

static struct message *note_message(struct sender *s, enum message_kind kind, int key, int number)
{
    char name[32];
    snprintf(name, sizeof name, "%d/%d", s->id, key);
    struct message *m = message_new(kind, TYPE_USUAL, name, 256);
    struct note *note = m ? arena_alloc(m->arena, sizeof *note) : NULL;
    if (note)
        *note = (struct note){s->id, number, key};
    else
        s->failed++;
    if (m)
        m->payload = note;
    return m;
}

static void send_one(struct sender *s, int number)
{
    int key = (int)random_below(&s->seed, KEYS);
    switch (random_below(&s->seed, 3)) {
    case 0:
        s->failed += inbox_send(s->in, note_message(s, MESSAGE_STATUS, key, number)) != 0;
        s->newest[key] = number;
        break;
    case 1:
        s->failed += inbox_send(s->in, note_message(s, MESSAGE_LOG, key, number)) != 0;
        s->logs++;
        break;
    default:
        if (inbox_reserve(s->in))
            break; /* as main would refuse the command */
        if (random_below(&s->seed, 10) == 0) {
            inbox_unreserve(s->in);
            break;
        }
        s->failed += inbox_send(s->in, note_message(s, MESSAGE_RESULT, key, number)) != 0;
        s->results++;
    }
}

static void *sender_run(void *arg)
{
    struct sender *s = arg;
    for (int i = 1; i <= SENDS; i++)
        send_one(s, i);
    for (int64_t end = real_ms() + PATIENCE_MS; inbox_reserve(s->in);) {
        if (real_ms() > end)
            return NULL;
        sched_yield();
    }
    struct message *last = note_message(s, MESSAGE_RESULT, 0, SENDS + 1);
    last->type = TYPE_LAST;
    s->results++;
    s->failed += inbox_send(s->in, last) != 0;
    return NULL;
}

static void record(struct sender *senders, const struct message *m)
{
    const struct note *note = m->payload;
    struct sender *s = &senders[note->sender];
    if (m->kind == MESSAGE_STATUS) {
        s->disorder |= note->number <= s->got_newest[note->key];
        s->got_newest[note->key] = note->number;
        return;
    }
    s->disorder |= note->number <= s->last;
    s->last = note->number;
    s->got_logs += m->kind == MESSAGE_LOG;
    s->got_results += m->kind == MESSAGE_RESULT;
    s->ended |= m->type == TYPE_LAST;
}

static int receive_and_record(struct inbox *in, struct sender *senders, uint64_t *dropped_logs)
{
    struct inbox_dropped dropped;
    int ended = 0;
    for (struct message *m = inbox_receive(in, &dropped), *next; m; m = next) {
        next = m->next;
        record(senders, m);
        message_free(m);
    }
    assert_int_equal(dropped.statuses, 0);
    *dropped_logs += dropped.logs;
    for (int i = 0; i < SENDERS; i++)
        ended += senders[i].ended;
    return ended;
}

/* Senders never wait, the receiver only for the descriptor; now and then it dawdles. */
static void nothing_is_lost_between_threads(void **state)
{
    (void)state;
    const struct inbox_limits tight = {
        .statuses = SENDERS * KEYS, .logs = 40, .log_bytes = 1000, .results = 16};
    struct inbox *in = inbox_new(&tight);
    assert_non_null(in);
    struct sender senders[SENDERS];
    pthread_t threads[SENDERS];
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){.in = in, .id = i, .seed = 1000 + (uint64_t)i};
        threads[i] = start(sender_run, &senders[i]);
    }
    uint64_t dropped = 0, seed = 99;
    do {
        assert_true(is_readable(inbox_fd(in), PATIENCE_MS));
        for (uint64_t i = random_below(&seed, 20); i > 15; i--)
            sched_yield();
    } while (receive_and_record(in, senders, &dropped) < SENDERS);
    int sent = 0, received = 0;
    for (int i = 0; i < SENDERS; i++) {
        struct sender *s = &senders[i];
        join(threads[i]);
        sent += s->logs;
        received += s->got_logs;
        assert_int_equal(s->failed, 0);
        assert_false(s->disorder);
        assert_int_equal(s->got_results, s->results);
        assert_memory_equal(s->got_newest, s->newest, sizeof s->newest);
    }
    assert_int_equal((uint64_t)received + dropped, sent);
    assert_true(dropped > 0); /* else the policy was not tried */
    assert_false(is_readable(inbox_fd(in), 0));
    inbox_free(in);
}

struct closer {
    struct inbox *in;
    atomic_bool *closed;
    atomic_int *taken;
};

static void *send_until_closed(void *arg)
{
    struct closer *c = arg;
    while (!inbox_send(c->in, message_new(MESSAGE_LOG, 0, NULL, 0)))
        atomic_fetch_add(c->taken, 1);
    return atomic_load(c->closed) ? arg : NULL;
}

/* At quitting: main closes while clients still send; what was taken before is all there. */
static void closing_under_senders_is_exact(void **state)
{
    (void)state;
    const struct inbox_limits wide = {.logs = 1000000, .log_bytes = 1, .statuses = 1};
    struct inbox *in = inbox_new(&wide);
    struct inbox_dropped dropped;
    atomic_int taken = 0;
    atomic_bool closed = false;
    struct closer c = {in, &closed, &taken};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        threads[i] = start(send_until_closed, &c);
    assert_true(await_count(&taken, 1000));
    atomic_store(&closed, true);
    inbox_close(in);
    for (int i = 0; i < 3; i++) {
        void *not_before;
        assert_int_equal(pthread_join(threads[i], &not_before), 0);
        assert_non_null(not_before);
    }
    int received = 0;
    for (struct message *m = inbox_receive(in, &dropped), *next; m; m = next, received++) {
        next = m->next;
        message_free(m);
    }
    assert_int_equal((uint64_t)received + dropped.logs, atomic_load(&taken));
    inbox_free(in);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(all_kinds_come_out_in_order_of_sending),
        TEST(a_message_is_received_as_it_was_sent),
        TEST(a_message_may_have_no_payload),
        cmocka_unit_test(keys_are_never_cut),
        TEST(the_newest_status_takes_the_place_of_the_older),
        TEST(a_replaced_status_brings_its_own_type),
        TEST(keys_that_only_begin_alike_are_different),
        TEST(the_oldest_status_is_dropped_and_counted),
        TEST(the_oldest_logs_are_dropped_by_count),
        TEST(what_is_dropped_counts_by_its_weight),
        TEST(the_oldest_logs_are_dropped_by_bytes),
        TEST(a_log_too_large_alone_drops_only_itself),
        TEST(results_have_their_place_or_are_refused_before),
        TEST(a_result_nobody_reserved_for_is_a_bug),
        cmocka_unit_test(limits_of_nothing_keep_the_newest),
        TEST(a_closed_inbox_takes_nothing_more),
        cmocka_unit_test(what_waits_is_freed_with_the_inbox),
        TEST(it_is_readable_exactly_while_something_waits),
        TEST(it_behaves_like_a_plain_list),
        cmocka_unit_test(the_number_waiting_does_not_slow_senders),
        cmocka_unit_test(nothing_is_lost_between_threads),
        cmocka_unit_test(closing_under_senders_is_exact),
    };
    return cmocka_run_group_tests_name("inbox", tests, NULL, NULL);
}
