/* What an upload remembers, and what it does with it: hashes of files that are still the same, parts that
 * an earlier run has sent, addresses that expire in between. Counted in the stand-in's own log. */
#include "upload_world.h"

#include <poll.h>

#include "client/model_folder.h"
#include "client/state.h"

#include <pthread.h>
#include <sqlite3.h>
#include <sys/time.h>

/* model.safetensors, as upload_world.h makes it. */
enum { MODEL_BYTES = 730001, MODEL_PARTS = 8, PART_BYTES = 100000, HALF_BYTES = 250000 };
#define PARTS "/lfs-storage/*?*partNumber=*" /* for rules: the parts of multi-part uploads alone */

struct memory {
    void *folder;
    char path[PATH_MAX];
    struct state *state;
};

static void memory_make(struct memory *m)
{
    struct err e;
    assert_int_equal(temp_folder_make(&m->folder), 0);
    snprintf(m->path, sizeof m->path, "%.*s/state.db", PATH_MAX - 20, (char *)m->folder);
    m->state = state_open(m->path, &e);
    if (!m->state)
        fail_msg("%s", e.message);
}

static void memory_remove(struct memory *m)
{
    state_close(m->state);
    assert_int_equal(temp_folder_remove(&m->folder), 0);
}

/* As if the files had lain there for a while: long ago as their mtime says; their ctime cannot be set, so it is waited for. */
static void make_old(struct folder *f)
{
    char path[2 * PATH_MAX];
    int64_t changed_ms = clock_wall_ms(clock_real());
    for (size_t i = 0; i < FILES; i++) {
        struct timeval then[2];
        gettimeofday(&then[0], NULL);
        then[0].tv_sec -= 60;
        then[1] = then[0];
        snprintf(path, sizeof path, "%s/%s", f->raw, contents[i].path);
        assert_int_equal(utimes(path, then), 0);
        note_file(f, i);
    }
    while (clock_wall_ms(clock_real()) < changed_ms + 500)
        poll(NULL, 0, 50);
}

static int64_t small_bytes(const struct folder *f)
{
    int64_t sum = 0;
    for (size_t i = 3; i < FILES; i++)
        sum += f->files[i].size;
    return sum;
}

/* Parts of the model that the storage has taken. */
static size_t parts_after(int64_t after)
{
    return count_requests(after, "PUT", "partNumber=", 200);
}

/* ---- hashes ---------------------------------------------------------------------------------- */

static void what_is_known_is_not_read_again(void **state)
{
    (void)state;
    struct folder f;
    struct memory m;
    struct hub_upload_result out;
    struct told first = {0}, second = {0}, third = {0};
    folder_make(&f);
    make_old(&f);
    memory_make(&m);
    create("acme/known");
    first.with.state = second.with.state = third.with.state = m.state;
    upload_with(&f, "acme/known", &first, &out);
    assert_int_equal(out.hashed, MODEL_BYTES + 2 * HALF_BYTES + small_bytes(&f));
    assert_int_equal(out.kept, 0);

    upload_with(&f, "acme/known", &second, &out);
    assert_true(out.unchanged);
    assert_int_equal(out.hashed, small_bytes(&f));
    assert_int_equal(second.total, 0);

    write_content(&f, 1, NULL, 77); /* new, so young: it is read each time */
    for (int i = 0; i < 2; i++) {
        memset(&third, 0, sizeof third);
        third.with.state = m.state;
        upload_with(&f, "acme/known", &third, &out);
        assert_int_equal(out.hashed, HALF_BYTES + small_bytes(&f));
        assert_int_equal(out.sent, i == 0 ? HALF_BYTES : 0);
    }
    check_truth(&f, "acme/known", out.commit);
    memory_remove(&m);
    folder_remove(&f);
}

/* What remembered hashes would say after a disk that lies, or a state that came from elsewhere. */
static void remember_wrongly(const struct folder *f, size_t i, struct state *s)
{
    static const char wrong[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    char path[2 * PATH_MAX];
    struct stat st;
    struct err e;
    snprintf(path, sizeof path, "%s/%s", f->raw, contents[i].path);
    assert_int_equal(stat(path, &st), 0);
    const struct file_identity id = {st.st_dev, st.st_ino, st.st_size,
        st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec,
        st.st_ctim.tv_sec * INT64_C(1000000000) + st.st_ctim.tv_nsec};
    assert_int_equal(state_hash_put(s, &id, wrong, &e), 0);
}

/* The first is of many parts, the second is sent whole. */
static void a_hash_remembered_wrongly_is_forgotten_when_the_storage_refuses_it(void **state)
{
    static const char *const repos[] = {"acme/wrong-parts", "acme/wrong-whole"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct folder f;
        struct memory m;
        struct hub_upload_result out;
        struct err e;
        struct told told = {0}, again = {0};
        folder_make(&f);
        make_old(&f);
        memory_make(&m);
        create(repos[i]);
        remember_wrongly(&f, i, m.state);
        int64_t before = last_request();
        told.with.state = again.with.state = m.state;
        assert_int_equal(upload(hub, &f, repos[i], &told, &out, NULL, &e), -1);
        assert_non_null(strstr(e.hint, "upload again"));
        if (i == 0)
            assert_int_equal(parts_after(before), MODEL_PARTS); /* once, not again and again */

        upload_with(&f, repos[i], &again, &out);
        check_truth(&f, repos[i], out.commit);
        memory_remove(&m);
        folder_remove(&f);
    }
}

static void sha256_of(const struct folder *f, size_t i, char sha256[65])
{
    struct err e;
    int fd = model_folder_open(&f->list, &f->files[i], &e);
    assert_true(fd >= 0);
    assert_int_equal(model_folder_hash(fd, f->files[i].size, sha256, NULL, NULL, NULL, &e), 0);
    close(fd);
}

/* ---- parts ----------------------------------------------------------------------------------- */

struct runs {
    pthread_t thread;
    const struct folder *f;
    const char *repo;
    struct cancel *cancel;
    struct told told;
    int rc;
    struct err e;
};

static void *run_upload(void *arg)
{
    struct runs *r = arg;
    struct hub_upload_result out;
    r->rc = upload(hub, r->f, r->repo, &r->told, &out, r->cancel, &r->e);
    return NULL;
}

/* What a process would find that comes after one that was killed: the parts that the file has. */
static size_t parts_on_disk(const struct memory *m, const struct folder *f, const char *repo)
{
    struct kept_upload there;
    struct err e;
    char sha256[65];
    size_t sent = 0;
    sha256_of(f, 0, sha256);
    struct state *other = state_open(m->path, &e);
    struct kept_key key = {sim.hub, repo, sha256};
    assert_non_null(other);
    if (state_upload_get(other, &key, MODEL_BYTES, &there))
        for (size_t i = 0; i < there.part_count; i++)
            sent += there.etags[i] != NULL;
    kept_upload_release(&there);
    state_close(other);
    return sent;
}

/* Until the stand-in has looked at all that was on its way when the upload stopped. */
static void wait_until_quiet(void)
{
    for (int64_t last = -1; last_request() != last;) {
        last = last_request();
        poll(NULL, 0, 400);
    }
}

/* Uploads until so many parts of the model are there and noted, and stops; the other content may be there
 * by then, and may not. */
static void stop_after(
    const struct folder *f, const char *repo, const struct memory *m, size_t parts)
{
    char rule[200];
    struct runs r = {.f = f, .repo = repo, .cancel = cancel_new(NULL)};
    int64_t before = last_request(), late = clock_mono_ms(clock_real()) + 20000;
    assert_non_null(r.cancel);
    r.told.with.state = m->state;
    snprintf(rule, sizeof rule,
        "{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"" PARTS "\",\"skip\":%zu,"
        "\"kind\":\"hang\"}",
        parts);
    set_fault(rule);
    assert_int_equal(pthread_create(&r.thread, NULL, run_upload, &r), 0);
    while (parts_on_disk(m, f, repo) < parts && clock_mono_ms(clock_real()) < late)
        usleep(5000);
    cancel_fire(r.cancel);
    assert_int_equal(pthread_join(r.thread, NULL), 0);
    wait_until_quiet();
    (void)faults_struck();
    assert_int_equal(r.rc, -1);
    assert_int_equal(r.e.class, ERR_CANCEL);
    assert_int_equal(parts_after(before), parts);
    assert_int_equal(parts_on_disk(m, f, repo), parts);
    cancel_unref(r.cancel);
}

static void a_stopped_file_goes_on_where_it_was(void **state)
{
    (void)state;
    struct folder f;
    struct memory m;
    struct hub_upload_result out;
    struct told told = {0};
    folder_make(&f);
    memory_make(&m);
    create("acme/goes-on");
    int64_t before = last_request();
    stop_after(&f, "acme/goes-on", &m, 3);
    assert_int_equal(commits_of("acme/goes-on"), 1);
    bool half_left = count_requests(before, "PUT", "", 200) == 3;

    before = last_request();
    told.with.state = m.state;
    upload_with(&f, "acme/goes-on", &told, &out);
    assert_int_equal(parts_after(before), MODEL_PARTS - 3);
    assert_int_equal(count_requests(before, "PUT", "", 0), MODEL_PARTS - 3 + half_left);
    assert_int_equal(out.kept, 3 * PART_BYTES);
    assert_int_equal(
        out.sent, MODEL_BYTES - 3 * PART_BYTES + small_bytes(&f) + (half_left ? HALF_BYTES : 0));
    assert_int_equal(told.total, out.sent);
    check_truth(&f, "acme/goes-on", out.commit);
    check_tokens(before);

    /* nothing of it is left to go on with */
    struct kept_upload none;
    struct kept_key key = {sim.hub, "acme/goes-on", told.files[0].sha256};
    assert_false(state_upload_get(m.state, &key, MODEL_BYTES, &none));
    memory_remove(&m);
    folder_remove(&f);
}

/* The addresses of the earlier run have expired, or the storage has forgotten it: from the beginning. */
static void begin_again(const char *repo, const char *rule, int64_t strikes)
{
    struct folder f;
    struct memory m;
    struct hub_upload_result out;
    struct told told = {0};
    folder_make(&f);
    memory_make(&m);
    create(repo);
    stop_after(&f, repo, &m, 3);
    told.with.state = m.state;
    set_fault(rule);
    upload_with(&f, repo, &told, &out);
    assert_int_equal(faults_struck(), strikes);
    assert_int_equal(out.kept, 0);
    check_truth(&f, repo, out.commit);
    memory_remove(&m);
    folder_remove(&f);
}

static void parts_whose_addresses_have_expired_are_sent_anew(void **state)
{
    (void)state;
    begin_again("acme/expired-since", ONCE("PUT", PARTS, "\"kind\":\"expired\""), 1);
}

static void a_part_that_is_refused_begins_the_file_anew(void **state)
{
    (void)state;
    begin_again("acme/refused-part", ONCE("PUT", PARTS, "\"kind\":\"status\",\"status\":404"), 1);
}

static void a_completion_that_is_refused_begins_the_file_anew(void **state)
{
    (void)state;
    begin_again("acme/forgotten",
        ONCE("POST", "/api/complete_multipart*", "\"kind\":\"status\",\"status\":404"), 1);
}

/* It was completed, and nobody heard: the next run asks, and sends nothing of it. */
static void a_file_that_was_completed_unheard_is_not_sent_again(void **state)
{
    (void)state;
    struct folder f;
    struct memory m;
    struct hub_upload_result out;
    struct err e;
    struct told told = {0};
    folder_make(&f);
    memory_make(&m);
    create("acme/unheard");
    told.with.state = m.state;
    set_fault("{\"plane\":\"hub\",\"path\":\"/api/complete_multipart*\",\"kind\":\"lost\"}");
    assert_int_equal(upload(hub, &f, "acme/unheard", &told, &out, NULL, &e), 0);
    (void)faults_struck();
    assert_int_equal(out.sent, MODEL_BYTES + HALF_BYTES + small_bytes(&f));
    check_truth(&f, "acme/unheard", out.commit);
    memory_remove(&m);
    folder_remove(&f);
}

/* ---- the same upload under fresh addresses ------------------------------------------------------- */

/* The Hub's true answer for these objects, to be given again and again. */
static void ask_batch(const char *repo, const char *oid, int64_t size, struct buf *out)
{
    char path[200], body[400];
    snprintf(path, sizeof path, "/%s.git/info/lfs/objects/batch", repo);
    snprintf(body, sizeof body,
        "{\"operation\":\"upload\",\"transfers\":[\"basic\",\"multipart\"],\"objects\":"
        "[{\"oid\":\"%s\",\"size\":%lld}]}",
        oid, (long long)size);
    struct json *answer = sim_call(&sim, HTTP_POST, sim.hub, path, body, NULL);
    assert_int_equal(json_print(json_first(json_get(answer, "objects")), out), 0);
    json_free(answer);
}

static void answer_batches_with(const struct buf *objects)
{
    struct buf rule;
    buf_init(&rule, 65536);
    buf_printf(&rule,
        "{\"plane\":\"hub\",\"path\":\"*/objects/batch\",\"kind\":\"status\",\"status\":200,"
        "\"body\":{\"objects\":[%s]}}",
        buf_str(objects));
    set_fault(buf_str(&rule));
    buf_release(&rule);
}

static void the_same_upload_id_keeps_what_is_there(void **state)
{
    (void)state;
    struct folder f;
    struct memory m;
    struct hub_upload_result out;
    struct told told = {0};
    struct buf objects;
    char sha256[65];
    folder_make(&f);
    memory_make(&m);
    create("acme/same-id");
    told.with.state = m.state;
    f.files[1].send = f.files[2].send = false;
    buf_init(&objects, 65536);
    sha256_of(&f, 0, sha256);
    ask_batch("acme/same-id", sha256, MODEL_BYTES, &objects);
    answer_batches_with(&objects);
    set_fault("{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"" PARTS "\",\"skip\":3,\"times\":1,"
              "\"kind\":\"expired\"}");
    int64_t before = last_request();
    upload_with(&f, "acme/same-id", &told, &out);
    (void)faults_struck();
    assert_int_equal(parts_after(before), MODEL_PARTS);
    assert_int_equal(count_requests(before, "PUT", "", 403), 1);
    assert_true(count_requests(before, "POST", "/objects/batch", 0) == 2);
    buf_release(&objects);
    memory_remove(&m);
    folder_remove(&f);
}

static void a_file_that_is_refused_by_name_stops_the_commit_alone(void **state)
{
    (void)state;
    struct folder f;
    struct hub_upload_result out;
    struct told told = {0};
    struct err e;
    struct buf objects;
    char half[65], model[65];
    folder_make(&f);
    create("acme/by-name");
    buf_init(&objects, 65536);
    sha256_of(&f, 0, model);
    sha256_of(&f, 1, half);
    buf_printf(&objects,
        "{\"oid\":\"%s\",\"size\":%d,\"error\":{\"code\":422,\"message\":\"too odd\"}},", half,
        HALF_BYTES);
    ask_batch("acme/by-name", model, MODEL_BYTES, &objects);
    answer_batches_with(&objects);
    int64_t before = last_request();
    assert_int_equal(upload(hub, &f, "acme/by-name", &told, &out, NULL, &e), -1);
    (void)faults_struck();
    assert_int_equal(e.number, 422);
    assert_non_null(strstr(e.message, "half.safetensors"));
    assert_non_null(strstr(e.message, "too odd"));
    assert_non_null(strstr(told.notes[2], "too odd")); /* its twin's note, too */
    assert_int_equal(parts_after(before), MODEL_PARTS);
    assert_int_equal(count_requests(before, "POST", "/api/complete_multipart", 200), 1);
    assert_int_equal(count_requests(before, NULL, "/commit/", 0), 0);
    buf_release(&objects);
    folder_remove(&f);
}

/* ---- a memory that fails ------------------------------------------------------------------------- */

static void what_cannot_be_remembered_stops_nothing(void **state)
{
    (void)state;
    struct folder f;
    struct memory m;
    struct hub_upload_result out;
    struct told told = {0};
    struct err e;
    sqlite3 *other = NULL;
    folder_make(&f);
    make_old(&f);
    memory_make(&m);
    state_close(m.state);
    m.state = state_open_within(m.path, 50, NULL, &e);
    assert_non_null(m.state);
    assert_int_equal(sqlite3_open(m.path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    create("acme/forgetful");
    told.with.state = m.state;
    upload_with(&f, "acme/forgetful", &told, &out);
    check_truth(&f, "acme/forgetful", out.commit);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    memory_remove(&m);
    folder_remove(&f);
}

static int start(void **state)
{
    (void)state;
    struct err e;
    hub_world_start();
    workers = workers_new(2, 16, &e);
    assert_non_null(workers);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    workers_free(workers);
    hub_world_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_is_not_read_again),
        cmocka_unit_test(a_hash_remembered_wrongly_is_forgotten_when_the_storage_refuses_it),
        cmocka_unit_test(a_stopped_file_goes_on_where_it_was),
        cmocka_unit_test(parts_whose_addresses_have_expired_are_sent_anew),
        cmocka_unit_test(a_part_that_is_refused_begins_the_file_anew),
        cmocka_unit_test(a_completion_that_is_refused_begins_the_file_anew),
        cmocka_unit_test(a_file_that_was_completed_unheard_is_not_sent_again),
        cmocka_unit_test(the_same_upload_id_keeps_what_is_there),
        cmocka_unit_test(a_file_that_is_refused_by_name_stops_the_commit_alone),
        cmocka_unit_test(what_cannot_be_remembered_stops_nothing),
    };
    return cmocka_run_group_tests_name("hub_upload_resume", tests, start, finish);
}
