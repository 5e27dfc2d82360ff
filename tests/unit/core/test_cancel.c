#include "core/cancel.h"

#include "helpers.h"

/* ---- one thread ------------------------------------------------------------------------------ */

static void firing_is_seen(void **state)
{
    (void)state;
    struct err e;
    struct cancel *c = cancel_new(NULL);
    assert_false(cancel_fired(c));
    assert_int_equal(cancel_check(c, &e), 0);
    cancel_fire(c);
    cancel_fire(c);
    assert_true(cancel_fired(c));
    assert_int_equal(cancel_check(c, &e), -1);
    assert_int_equal(e.class, ERR_CANCEL);
    assert_int_equal(cancel_check(c, NULL), -1);
    cancel_unref(c);
}

static void count_poke(void *arg)
{
    ++*(int *)arg;
}

static void no_token_never_fires(void **state)
{
    (void)state;
    int pokes = 0;
    struct cancel_hook hook = {.poke = count_poke, .arg = &pokes};
    assert_false(cancel_fired(NULL));
    assert_int_equal(cancel_check(NULL, NULL), 0);
    cancel_add(NULL, &hook);
    cancel_remove(NULL, &hook);
    cancel_fire(NULL);
    cancel_unref(NULL);
    assert_null(cancel_ref(NULL));
    assert_int_equal(pokes, 0);
}

static void firing_reaches_everything_below_and_nothing_else(void **state)
{
    (void)state;
    struct cancel *root = cancel_new(NULL), *left = cancel_new(root), *right = cancel_new(root);
    struct cancel *a = cancel_new(left), *b = cancel_new(left), *deep = cancel_new(a);
    struct cancel *other = cancel_new(right);
    cancel_fire(left);
    assert_true(cancel_fired(left) && cancel_fired(a) && cancel_fired(b) && cancel_fired(deep));
    assert_false(cancel_fired(root) || cancel_fired(right) || cancel_fired(other));
    cancel_fire(root);
    assert_true(cancel_fired(root) && cancel_fired(right) && cancel_fired(other));
    struct cancel *late = cancel_new(deep);
    assert_true(cancel_fired(late));
    struct cancel *all[] = {b, root, deep, left, late, other, a, right};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        cancel_unref(all[i]);
}

/* An operation ends and lets go of its token; what it started must still hear of the quit. */
static void firing_passes_through_tokens_that_were_let_go(void **state)
{
    (void)state;
    struct cancel *root = cancel_new(NULL), *middle = cancel_new(root);
    struct cancel *child = cancel_new(middle), *sibling = cancel_new(middle);
    cancel_unref(middle);
    cancel_unref(sibling); /* taken out from the middle of a list */
    cancel_fire(root);
    assert_true(cancel_fired(child));
    cancel_unref(root);
    assert_true(cancel_fired(child));
    cancel_unref(child);
}

static void references_are_counted(void **state)
{
    (void)state;
    struct cancel *c = cancel_new(NULL);
    assert_ptr_equal(cancel_ref(c), c);
    cancel_unref(c);
    assert_false(cancel_fired(c));
    cancel_unref(c);
}

static void no_recursion_down_or_up_a_long_chain(void **state)
{
    (void)state;
    struct cancel *root = cancel_new(NULL), *last = cancel_ref(root);
    for (int i = 0; i < 200000; i++) {
        struct cancel *next = cancel_new(last);
        assert_non_null(next);
        cancel_unref(last);
        last = next;
    }
    cancel_fire(root);
    assert_true(cancel_fired(last));
    cancel_unref(root);
    cancel_unref(last);
}

/* ---- hooks ----------------------------------------------------------------------------------- */

enum { TRACE_MAX = 8 };

struct trace {
    int id[TRACE_MAX];
    int n;
};

struct tracer {
    struct cancel_hook hook;
    struct trace *trace;
    int id;
    struct cancel *watched; /* must be fired when the poke runs */
};

static void trace_poke(void *arg)
{
    struct tracer *t = arg;
    assert_true(t->trace->n < TRACE_MAX);
    assert_true(!t->watched || cancel_fired(t->watched));
    t->trace->id[t->trace->n++] = t->id;
}

static void tracer_add(struct tracer *t, struct trace *trace, int id, struct cancel *c)
{
    *t = (struct tracer){.trace = trace, .id = id, .hook = {.poke = trace_poke}};
    t->hook.arg = t;
    cancel_add(c, &t->hook);
}

static void pokes_run_once_in_order_and_after_all_is_marked(void **state)
{
    (void)state;
    struct cancel *root = cancel_new(NULL), *child = cancel_new(root);
    struct trace trace = {0};
    struct tracer t[4];
    tracer_add(&t[0], &trace, 0, child);
    tracer_add(&t[1], &trace, 1, root);
    tracer_add(&t[2], &trace, 2, root);
    tracer_add(&t[3], &trace, 3, root);
    t[1].watched = child;
    cancel_remove(root, &t[2].hook);
    cancel_fire(root);
    cancel_fire(root);
    cancel_fire(child);
    static const int expected[] = {1, 3, 0};
    assert_int_equal(trace.n, 3);
    assert_memory_equal(trace.id, expected, sizeof expected);
    cancel_remove(root, &t[1].hook);
    cancel_remove(root, &t[2].hook); /* a second time does nothing */
    cancel_remove(root, &t[3].hook);
    cancel_remove(child, &t[0].hook);
    cancel_unref(root);
    cancel_unref(child);
}

static void a_hook_on_a_fired_token_is_poked_at_once(void **state)
{
    (void)state;
    struct cancel *c = cancel_new(NULL);
    int pokes = 0;
    struct cancel_hook hook = {.poke = count_poke, .arg = &pokes};
    cancel_fire(c);
    cancel_add(c, &hook);
    assert_int_equal(pokes, 1);
    cancel_remove(c, &hook);
    cancel_add(c, &hook); /* the same memory again */
    assert_int_equal(pokes, 2);
    cancel_remove(c, &hook);
    cancel_unref(c);
}

struct remover {
    struct cancel *token;
    struct cancel_hook *other;
    int runs;
};

static void remove_other(void *arg)
{
    struct remover *r = arg;
    r->runs++;
    cancel_remove(r->token, r->other);
}

/* Two sleepers, each of which takes the other's hook away when it is poked. */
static void a_hook_that_waits_for_its_poke_can_still_be_removed(void **state)
{
    (void)state;
    struct cancel *c = cancel_new(NULL);
    struct cancel_hook one, two;
    struct remover r1 = {c, &two, 0}, r2 = {c, &one, 0};
    one = (struct cancel_hook){.poke = remove_other, .arg = &r1};
    two = (struct cancel_hook){.poke = remove_other, .arg = &r2};
    cancel_add(c, &one);
    cancel_add(c, &two);
    cancel_fire(c);
    assert_int_equal(r1.runs + r2.runs, 1);
    cancel_unref(c);
}

static void use_tree(void *arg)
{
    struct cancel **tree = arg;
    struct cancel *child = cancel_new(tree[0]);
    assert_true(cancel_fired(child));
    cancel_unref(child);
    cancel_fire(tree[1]);
    cancel_unref(tree[0]);
}

/* Pokes run without the tree's lock: they may use the tree, and even let the last reference go. */
static void a_poke_may_use_the_tree(void **state)
{
    (void)state;
    struct cancel *root = cancel_new(NULL), *tree[2] = {cancel_new(root), cancel_new(root)};
    int pokes = 0;
    struct cancel_hook user = {.poke = use_tree, .arg = tree};
    struct cancel_hook counter = {.poke = count_poke, .arg = &pokes};
    cancel_unref(root);
    cancel_add(tree[0], &user);
    cancel_add(tree[1], &counter);
    cancel_fire(tree[0]);
    assert_int_equal(pokes, 1);
    assert_true(cancel_fired(tree[1]));
    cancel_remove(tree[1], &counter);
    cancel_unref(tree[1]);
}

/* ---- several threads --------------------------------------------------------------------------- */

struct gated {
    struct cancel *token;
    struct cancel_hook hook;
    atomic_bool entered, open, left, removing;
};

static void gated_poke(void *arg)
{
    struct gated *g = arg;
    atomic_store(&g->entered, true);
    bool opened = await(&g->open);
    atomic_store(&g->left, opened);
}

static void *fire_gated(void *arg)
{
    struct gated *g = arg;
    cancel_fire(g->token);
    return NULL;
}

static void *remove_gated(void *arg)
{
    struct gated *g = arg;
    atomic_store(&g->removing, true);
    cancel_remove(g->token, &g->hook);
    return atomic_load(&g->left) ? g : NULL;
}

static void removing_waits_for_a_running_poke(void **state)
{
    (void)state;
    struct gated g = {.token = cancel_new(NULL)};
    g.hook = (struct cancel_hook){.poke = gated_poke, .arg = &g};
    cancel_add(g.token, &g.hook);
    pthread_t firer = start(fire_gated, &g);
    assert_true(await(&g.entered));
    pthread_t remover = start(remove_gated, &g);
    assert_true(await(&g.removing));
    for (int i = 0; i < 1000; i++) /* time for it to come back too early */
        sched_yield();
    assert_true(cancel_fired(g.token)); /* neither of them holds up who only looks … */
    struct cancel *child = cancel_new(g.token);
    assert_true(cancel_fired(child)); /* … nor who uses the tree */
    cancel_unref(child);
    atomic_store(&g.open, true);
    void *left_first;
    assert_int_equal(pthread_join(remover, &left_first), 0);
    assert_non_null(left_first);
    join(firer);
    cancel_unref(g.token);
}

enum { FAMILIES = 300, CHILDREN = 40 };

struct family {
    struct cancel *parent;
    struct cancel *child[CHILDREN];
    atomic_int made;
};

static void *make_children(void *arg)
{
    struct family *f = arg;
    for (int i = 0; i < CHILDREN; i++) {
        f->child[i] = cancel_new(i % 3 ? f->child[i - 1] : f->parent);
        atomic_fetch_add(&f->made, 1);
    }
    return NULL;
}

static void no_child_escapes_the_firing_of_its_parent(void **state)
{
    (void)state;
    uint64_t seed = 20261;
    for (int round = 0; round < FAMILIES; round++) {
        struct family f = {.parent = cancel_new(NULL)};
        pthread_t maker = start(make_children, &f);
        assert_true(await_count(&f.made, (int)random_below(&seed, CHILDREN)));
        cancel_fire(f.parent);
        join(maker);
        for (int i = 0; i < CHILDREN; i++) {
            assert_true(cancel_fired(f.child[i]));
            cancel_unref(f.child[i]);
        }
        cancel_unref(f.parent);
    }
}

enum { SLEEPERS = 4, TURNS = 4000 };

/* A token that many use and that is fired and replaced all the time. */
struct shared {
    pthread_mutex_t lock;
    struct cancel *root, *token;
    atomic_int busy; /* sleepers that have not ended */
    uint64_t bad;
};

static struct cancel *shared_get(struct shared *s)
{
    pthread_mutex_lock(&s->lock);
    struct cancel *c = cancel_ref(s->token);
    pthread_mutex_unlock(&s->lock);
    return c;
}

struct sleeper {
    struct shared *shared;
    uint64_t seed;
    unsigned fired, poked, wrong;
};

/* What a poke touches lies on the stack of the one who added it, as in real use: a poke that runs
 * after cancel_remove has returned is a race or a use after return. */
struct bed {
    pthread_mutex_t lock;
    int pokes;
};

static void poke_bed(void *arg)
{
    struct bed *b = arg;
    pthread_mutex_lock(&b->lock);
    b->pokes++;
    pthread_mutex_unlock(&b->lock);
}

static void sleep_once(struct sleeper *s)
{
    struct cancel *above = shared_get(s->shared), *c = cancel_new(above);
    struct bed bed = {PTHREAD_MUTEX_INITIALIZER, 0};
    struct cancel_hook hook = {.poke = poke_bed, .arg = &bed};
    struct cancel *on = random_below(&s->seed, 2) ? c : above;
    if (random_below(&s->seed, 4) == 0) {
        cancel_unref(above);
        above = NULL;
        on = c;
    }
    cancel_add(on, &hook);
    for (uint64_t i = random_below(&s->seed, 3); i; i--)
        sched_yield();
    if (random_below(&s->seed, 8) == 0)
        cancel_fire(c);
    cancel_remove(on, &hook);
    pthread_mutex_destroy(&bed.lock);
    s->fired += cancel_fired(on);
    s->poked += bed.pokes > 0;
    s->wrong += bed.pokes > 1 || (bed.pokes && !cancel_fired(on));
    cancel_unref(above);
    cancel_unref(c);
}

static void *sleeper_run(void *arg)
{
    struct sleeper *s = arg;
    for (int i = 0; i < TURNS; i++)
        sleep_once(s);
    atomic_fetch_sub(&s->shared->busy, 1);
    return NULL;
}

static void *replace_and_fire(void *arg)
{
    struct shared *s = arg;
    while (atomic_load(&s->busy)) {
        struct cancel *fresh = cancel_new(s->root);
        pthread_mutex_lock(&s->lock);
        struct cancel *old = s->token;
        s->token = fresh;
        pthread_mutex_unlock(&s->lock);
        cancel_fire(old);
        cancel_unref(old);
        sched_yield();
    }
    return NULL;
}

static void firing_adding_removing_and_letting_go_at_once(void **state)
{
    (void)state;
    struct shared shared = {.lock = PTHREAD_MUTEX_INITIALIZER, .root = cancel_new(NULL)};
    struct sleeper sleepers[SLEEPERS];
    pthread_t threads[SLEEPERS], firers[2];
    shared.token = cancel_new(shared.root);
    atomic_init(&shared.busy, SLEEPERS);
    for (int i = 0; i < SLEEPERS; i++) {
        sleepers[i] = (struct sleeper){.shared = &shared, .seed = 77 + (uint64_t)i};
        threads[i] = start(sleeper_run, &sleepers[i]);
    }
    for (int i = 0; i < 2; i++)
        firers[i] = start(replace_and_fire, &shared);
    unsigned fired = 0, poked = 0;
    for (int i = 0; i < SLEEPERS; i++) {
        join(threads[i]);
        assert_int_equal(sleepers[i].wrong, 0);
        fired += sleepers[i].fired;
        poked += sleepers[i].poked;
    }
    join(firers[0]);
    join(firers[1]);
    assert_true(poked > 0 && poked <= fired); /* else nothing was tried */
    cancel_fire(shared.root);
    assert_true(cancel_fired(shared.token));
    cancel_unref(shared.token);
    cancel_unref(shared.root);
}

struct rivals {
    struct cancel *token[2];
    atomic_bool go;
    atomic_int pokes;
};

static void count_rival_poke(void *arg)
{
    atomic_fetch_add(&((struct rivals *)arg)->pokes, 1);
}

static void *fire_child(void *arg)
{
    struct rivals *r = arg;
    if (await(&r->go))
        cancel_fire(r->token[1]);
    return NULL;
}

static void two_firings_poke_once(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct rivals r = {0};
        struct cancel_hook hooks[6];
        r.token[0] = cancel_new(NULL);
        r.token[1] = cancel_new(r.token[0]);
        for (int i = 0; i < 6; i++) {
            hooks[i] = (struct cancel_hook){.poke = count_rival_poke, .arg = &r};
            cancel_add(r.token[i % 2], &hooks[i]);
        }
        pthread_t rival = start(fire_child, &r);
        atomic_store(&r.go, true);
        cancel_fire(r.token[0]);
        join(rival);
        assert_int_equal(atomic_load(&r.pokes), 6);
        for (int i = 0; i < 6; i++)
            cancel_remove(r.token[i % 2], &hooks[i]);
        cancel_unref(r.token[0]);
        cancel_unref(r.token[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(firing_is_seen),
        cmocka_unit_test(no_token_never_fires),
        cmocka_unit_test(firing_reaches_everything_below_and_nothing_else),
        cmocka_unit_test(firing_passes_through_tokens_that_were_let_go),
        cmocka_unit_test(references_are_counted),
        cmocka_unit_test(no_recursion_down_or_up_a_long_chain),
        cmocka_unit_test(pokes_run_once_in_order_and_after_all_is_marked),
        cmocka_unit_test(a_hook_on_a_fired_token_is_poked_at_once),
        cmocka_unit_test(a_hook_that_waits_for_its_poke_can_still_be_removed),
        cmocka_unit_test(a_poke_may_use_the_tree),
        cmocka_unit_test(removing_waits_for_a_running_poke),
        cmocka_unit_test(no_child_escapes_the_firing_of_its_parent),
        cmocka_unit_test(two_firings_poke_once),
        cmocka_unit_test(firing_adding_removing_and_letting_go_at_once),
    };
    return cmocka_run_group_tests_name("cancel", tests, NULL, NULL);
}
