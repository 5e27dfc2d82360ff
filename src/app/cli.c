/* One row an option: the words that call it, what --help says, what it does. */
#include "app/cli.h"

#include "app/exit_code.h"
#include "base/buf.h"
#include "base/text.h"

#include <string.h>

struct option {
    const char *name, *help;
    int (*run)(FILE *out);
};

static int show_help(FILE *out);
static int show_version(FILE *out);

static const struct option options[] = {
    {"--help", "this text", show_help},
    {"--version", "the version", show_version},
};

enum { OPTIONS = sizeof options / sizeof *options };

/* What was written must have arrived: a full disk or a closed pipe is not success. */
static int flushed(FILE *out)
{
    return fflush(out) || ferror(out) ? EXIT_CODE_STATE : EXIT_CODE_OK;
}

static int show_version(FILE *out)
{
    fprintf(out, "slipway %s\n", SLIPWAY_VERSION);
    return flushed(out);
}

static int show_help(FILE *out)
{
    fprintf(out,
        "slipway - takes a fine-tuned model to a served endpoint and keeps watch over it\n\n"
        "This version is the foundation: it has no commands yet. The stand-in servers that\n"
        "they are built against work: see slipway-sim --help.\n\n");
    for (size_t i = 0; i < OPTIONS; i++)
        fprintf(out, "  %-12s %s\n", options[i].name, options[i].help);
    fprintf(
        out, "\nExit codes: 0 ok, 2 the command line is wrong, 6 output could not be written.\n");
    return flushed(out);
}

static int usage(FILE *errors, const char *what, const char *word)
{
    struct buf shown;
    buf_init(&shown, 256);
    text_safe(&shown, word, strlen(word), TEXT_LINE);
    fprintf(errors, "slipway: %s%s; slipway --help lists what there is\n", what, buf_str(&shown));
    buf_release(&shown);
    return EXIT_CODE_USAGE;
}

int cli_run(int argc, char *argv[], FILE *out, FILE *errors)
{
    if (argc < 2)
        return usage(errors, "the dashboard is not part of this version", "");
    for (size_t i = 0; i < OPTIONS; i++)
        if (strcmp(argv[1], options[i].name) == 0 && argc == 2)
            return options[i].run(out);
    if (argc > 2 && strncmp(argv[1], "--", 2) == 0)
        return usage(errors, "one option at a time, not also ", argv[2]);
    return usage(errors, argv[1][0] == '-' ? "unknown option " : "unknown command ", argv[1]);
}
