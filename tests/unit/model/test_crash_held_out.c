/* Logs of crashes as strangers reported them, and of workers that only look ill, from tests/data/crashes: the
 * patterns were made without them, and mended by what they showed. Each file begins with what it says of itself:
 *
 *   # source: where it was read     # cause: id/variant, "-" = a crash that no pattern knows, "none" = no crash
 *   # line: a part of the line that decides; with "none" it is empty
 *
 * and goes on with the log, shortened, with names replaced; where the text of a report broke off before its end, the
 * words that decide are those of its title, or of the same program's in other reports. "S " marks the platform's
 * lines, which are added where the report has none. Each is read as a stream is: colours and what is not
 * text are cleaned away, as the client does with lines that arrive. */
#include "base/text.h"
#include "model/crash.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/data/crashes"
enum { LINES_MAX = 512, LINE_BYTES = 8192, ARENA = 4 << 20, FILES_MIN = 40 };

struct held_out {
    char cause[128], line[256];
    struct log_line lines[LINES_MAX];
    size_t count;
};

static void keep(char *to, size_t size, const char *from)
{
    size_t n = strlen(from);
    assert_true(n < size);
    memcpy(to, from, n + 1);
}

static bool take_head(struct held_out *h, const char *row)
{
    static const char cause[] = "# cause: ", line[] = "# line: ";
    if (strncmp(row, cause, sizeof cause - 1) == 0)
        keep(h->cause, sizeof h->cause, row + sizeof cause - 1);
    else if (strncmp(row, line, sizeof line - 1) == 0)
        keep(h->line, sizeof h->line, row + sizeof line - 1);
    else
        return row[0] == '#' && row[1] == ' ' && h->count == 0;
    return true;
}

static void take_row(struct held_out *h, const char *row, struct arena *a)
{
    bool system = strncmp(row, "S ", 2) == 0;
    row += system ? 2 : 0;
    assert_true(h->count < LINES_MAX);
    struct text line = text_new(a, row, strlen(row), TEXT_LINE);
    assert_non_null(line.s);
    int64_t at_ms = 1000 + 100 * (int64_t)h->count;
    h->lines[h->count++] = (struct log_line){.line = line,
        .source = system ? LINE_SYSTEM : LINE_CONTAINER,
        .at_ms = at_ms,
        .order_ms = at_ms,
        .origin = TEXT("e/w")};
}

static void load(struct held_out *h, const char *name, struct arena *a)
{
    char path[512], row[LINE_BYTES];
    *h = (struct held_out){.count = 0};
    snprintf(path, sizeof path, FOLDER "/%s", name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(row, sizeof row, f)) {
        row[strcspn(row, "\n")] = '\0';
        if (!take_head(h, row))
            take_row(h, row, a);
    }
    fclose(f);
}

/* What is found, as the files say it. */
static void found(const struct crash *c, char *out, size_t size)
{
    if (c->cause)
        snprintf(out, size, "%s/%s", c->cause->id, c->cause->variant);
    else
        snprintf(out, size, "%s", c->crashed ? "-" : "none");
}

static bool is_right(const char *name)
{
    static struct held_out h;
    struct crash c;
    char cause[128];
    struct arena *a = arena_new(ARENA);
    assert_non_null(a);
    load(&h, name, a);
    assert_int_equal(crash_read(h.lines, h.count, a, &c), 0);
    found(&c, cause, sizeof cause);
    const char *line = c.line_count > 0 ? c.lines[0].line.s : "";
    bool right = strcmp(cause, h.cause) == 0 &&
                 (c.line_count > 0 ? strstr(line, h.line) != NULL : !h.line[0]);
    if (!right)
        print_message("# %s: %s, not %s: %.300s\n", name, cause, h.cause, line);
    arena_free(a);
    return right;
}

static void each_is_read_as_a_person_would(void **state)
{
    (void)state;
    DIR *folder = opendir(FOLDER);
    size_t files = 0, wrong = 0;
    assert_non_null(folder);
    for (struct dirent *e = readdir(folder); e; e = readdir(folder))
        if (strstr(e->d_name, ".log")) {
            files++;
            wrong += !is_right(e->d_name);
        }
    closedir(folder);
    print_message("# %zu of %zu are right\n", files - wrong, files);
    assert_true(files >= FILES_MIN);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_read_as_a_person_would)};
    return cmocka_run_group_tests_name("crashes of strangers", tests, NULL, NULL);
}
