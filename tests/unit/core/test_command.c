#include "core/command.h"

#include "helpers.h"

#include <string.h>

struct fixture {
    struct wait wait;
    struct cancel *root;
    struct command_queue *q;
};

enum { QUEUE_MAX = 4 };

static int set_up(void **state)
{
    static struct fixture f;
    if (wait_init(&f.wait))
        return -1;
    f.root = cancel_new(NULL);
    f.q = command_queue_new(QUEUE_MAX, &f.wait);
    *state = &f;
    return f.root && f.q ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    command_queue_free(f->q);
    cancel_unref(f->root);
    wait_release(&f->wait);
    return 0;
}

static int push(struct fixture *f, int type, struct err *e)
{
    struct command *c = command_new(type, 1024, f->root);
    assert_non_null(c);
    return command_push(f->q, c, e);
}

static void expect_pop(struct fixture *f, int type)
{
    struct command *c = command_pop(f->q);
    assert_non_null(c);
    assert_int_equal(c->type, type);
    assert_null(c->next);
    command_free(c);
}

static void commands_come_out_in_order(void **state)
{
    struct fixture *f = *state;
    assert_null(command_pop(f->q));
    for (int i = 0; i < 3; i++)
        assert_int_equal(push(f, i, NULL), 0);
    expect_pop(f, 0);
    assert_int_equal(push(f, 3, NULL), 0);
    for (int i = 1; i <= 3; i++)
        expect_pop(f, i);
    assert_null(command_pop(f->q));
    assert_int_equal(push(f, 4, NULL), 0); /* emptied once, it takes again */
    expect_pop(f, 4);
}

static void a_command_carries_its_payload_within_its_maximum(void **state)
{
    struct fixture *f = *state;
    struct command *c = command_new(7, 64, f->root);
    assert_non_null(c);
    assert_null(c->payload);
    c->payload = arena_strdup(c->arena, "endpoint-1");
    assert_non_null(c->payload);
    assert_null(arena_alloc(c->arena, 64));
    assert_int_equal(command_push(f->q, c, NULL), 0);
    struct command *popped = command_pop(f->q);
    assert_ptr_equal(popped, c);
    assert_string_equal(popped->payload, "endpoint-1");
    command_free(popped);
}

static void pushing_and_closing_poke_the_client(void **state)
{
    struct fixture *f = *state;
    uint64_t seen = wait_seen(&f->wait);
    assert_int_equal(push(f, 1, NULL), 0);
    assert_true(wait_until(&f->wait, seen, 0));
    seen = wait_seen(&f->wait);
    command_queue_close(f->q);
    assert_true(wait_until(&f->wait, seen, 0));
}

static void a_full_queue_refuses_and_frees(void **state)
{
    struct fixture *f = *state;
    struct err e;
    for (int i = 0; i < QUEUE_MAX; i++)
        assert_int_equal(push(f, i, &e), 0);
    assert_int_equal(push(f, 99, &e), -1); /* a leak check finds it when it is not freed */
    assert_int_equal(e.class, ERR_STATE);
    assert_string_equal(e.message, "too much is under way");
    assert_int_equal(push(f, 99, NULL), -1);
    expect_pop(f, 0);
    assert_int_equal(push(f, QUEUE_MAX, &e), 0);
    for (int i = 1; i <= QUEUE_MAX; i++)
        expect_pop(f, i);
}

static void a_closed_queue_refuses_but_empties(void **state)
{
    struct fixture *f = *state;
    struct err e;
    assert_int_equal(push(f, 1, &e), 0);
    command_queue_close(f->q);
    command_queue_close(f->q);
    assert_int_equal(push(f, 2, &e), -1);
    assert_int_equal(e.class, ERR_STATE);
    expect_pop(f, 1);
    assert_null(command_pop(f->q));
}

/* The result "cancelled" is owed for it, so it must not vanish. */
static void fired_commands_are_handed_out(void **state)
{
    struct fixture *f = *state;
    struct command *c = command_new(1, 0, f->root);
    struct cancel *token = cancel_ref(c->cancel);
    assert_int_equal(command_push(f->q, c, NULL), 0);
    cancel_fire(token);
    assert_false(cancel_fired(f->root));
    c = command_pop(f->q);
    assert_non_null(c);
    assert_true(cancel_fired(c->cancel));
    command_free(c);
    cancel_unref(token);
}

static void quitting_fires_every_command(void **state)
{
    struct fixture *f = *state;
    struct command *before = command_new(1, 0, f->root);
    cancel_fire(f->root);
    struct command *after = command_new(2, 0, f->root);
    assert_true(cancel_fired(before->cancel));
    assert_true(cancel_fired(after->cancel));
    command_free(before);
    command_free(after);
}

static void freeing_cancels_what_waits(void **state)
{
    struct fixture *f = *state;
    struct command *taken = command_new(1, 0, f->root), *waiting = command_new(2, 0, f->root);
    struct cancel *token = cancel_ref(waiting->cancel);
    assert_int_equal(command_push(f->q, taken, NULL), 0);
    assert_int_equal(command_push(f->q, waiting, NULL), 0);
    assert_ptr_equal(command_pop(f->q), taken);
    command_queue_free(f->q);
    f->q = NULL;
    assert_true(cancel_fired(token));
    assert_false(cancel_fired(taken->cancel));
    command_free(taken);
    cancel_unref(token);
}

enum { COMMANDS = 20000 };

struct client {
    struct fixture *f;
    int popped, wrong, late;
};

/* A client as core/wait.h describes one. */
static void *client_run(void *arg)
{
    struct client *client = arg;
    struct fixture *f = client->f;
    while (client->popped < COMMANDS && !client->late) {
        uint64_t seen = wait_seen(&f->wait);
        for (struct command *c; (c = command_pop(f->q));) {
            client->wrong += c->type != client->popped++;
            command_free(c);
        }
        if (client->popped < COMMANDS)
            client->late = !wait_until(&f->wait, seen, PATIENCE_MS);
    }
    return NULL;
}

static void nothing_is_lost_between_two_threads(void **state)
{
    struct fixture *f = *state;
    struct client client = {.f = f};
    pthread_t thread = start(client_run, &client);
    int64_t end = real_ms() + PATIENCE_MS;
    for (int i = 0; i < COMMANDS && real_ms() < end;) {
        if (push(f, i, NULL))
            sched_yield(); /* full */
        else
            i++;
    }
    join(thread);
    assert_int_equal(client.popped, COMMANDS);
    assert_int_equal(client.wrong, 0);
    assert_int_equal(client.late, 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(commands_come_out_in_order),
        TEST(a_command_carries_its_payload_within_its_maximum),
        TEST(pushing_and_closing_poke_the_client),
        TEST(a_full_queue_refuses_and_frees),
        TEST(a_closed_queue_refuses_but_empties),
        TEST(fired_commands_are_handed_out),
        TEST(quitting_fires_every_command),
        TEST(freeing_cancels_what_waits),
        TEST(nothing_is_lost_between_two_threads),
    };
    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
