/* slipway-sim: reads the options, starts the world and its ports, says where they are, and waits for
 * the word to end. */
#include "base/err.h"
#include "base/json.h"
#include "sim/scenario.h"
#include "sim/sim.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_CONFLICT = 6, DESCRIPTORS_WANTED = 4096, NAMES_MAX = 4096 };

struct options {
    const char *scenario;
    double speed; /* < 0: the scenario's */
    int ports[PLANES];
    bool exit_with_stdin;
    bool help, version;
};

static volatile sig_atomic_t told_to_end; /* by a signal */

static const char help[] =
    "usage: slipway-sim [options]\n"
    "\n"
    "Plays RunPod and the Hugging Face Hub on this machine, for demos and tests. Prints one line of\n"
    "JSON with the addresses, then serves them until it is told to end (SIGTERM, Ctrl-C).\n"
    "\n"
    "  --scenario NAME    what to play: a built-in or a .json file (" SIM_SCENARIO_DEFAULT ")\n"
    "  --speed N          simulated seconds a second, 0 = stand still (the scenario's, else 1)\n"
    "  --data-port N      RunPod's data plane, for RUNPOD_ENDPOINT_BASE_URL (0 = any free)\n"
    "  --control-port N   RunPod's REST v2 and GraphQL, for RUNPOD_API_BASE_URL (0 = any free)\n"
    "  --hub-port N       the Hub, for HF_ENDPOINT (0 = any free)\n"
    "  --exit-with-stdin  also end when standard input ends\n"
    "  --help, --version\n"
    "\n"
    "Built-in scenarios:";

static void on_signal(int number)
{
    (void)number;
    told_to_end = 1;
}

/* ---- options ------------------------------------------------------------------------------------- */

static int parse_port(const char *text, int *out, struct err *e)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < 0 || value > 65535)
        return err_set(e, ERR_INPUT, 0, "a port is a number from 0 to 65535, not \"%s\"", text);
    *out = (int)value;
    return 0;
}

static int parse_speed(const char *text, double *out, struct err *e)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= 0 && value <= SIM_SPEED_MAX))
        return err_set(
            e, ERR_INPUT, 0, "the speed is a number from 0 to %d, not \"%s\"", SIM_SPEED_MAX, text);
    *out = value;
    return 0;
}

enum {
    OPT_WITHOUT_VALUE = ':', /* as getopt_long says it */
    OPT_DATA = 256,
    OPT_CONTROL,
    OPT_HUB,
    OPT_SCENARIO,
    OPT_SPEED,
    OPT_STDIN,
    OPT_HELP,
    OPT_VERSION
};

static const struct option long_options[] = {
    {"data-port", required_argument, NULL, OPT_DATA},
    {"control-port", required_argument, NULL, OPT_CONTROL},
    {"hub-port", required_argument, NULL, OPT_HUB},
    {"scenario", required_argument, NULL, OPT_SCENARIO},
    {"speed", required_argument, NULL, OPT_SPEED},
    {"exit-with-stdin", no_argument, NULL, OPT_STDIN},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static int option_apply(struct options *o, int which, const char *word, struct err *e)
{
    switch (which) {
    case OPT_DATA:
        return parse_port(optarg, &o->ports[PLANE_DATA], e);
    case OPT_CONTROL:
        return parse_port(optarg, &o->ports[PLANE_CONTROL], e);
    case OPT_HUB:
        return parse_port(optarg, &o->ports[PLANE_HUB], e);
    case OPT_SPEED:
        return parse_speed(optarg, &o->speed, e);
    case OPT_SCENARIO:
        o->scenario = optarg;
        return 0;
    case OPT_STDIN:
        o->exit_with_stdin = true;
        return 0;
    case OPT_HELP:
        o->help = true;
        return 0;
    case OPT_VERSION:
        o->version = true;
        return 0;
    case OPT_WITHOUT_VALUE:
        return err_set(e, ERR_INPUT, 0, "%s needs a value", word);
    default:
        return err_set(e, ERR_INPUT, 0, "there is no option %s", word);
    }
}

static int options_parse(struct options *o, int argc, char **argv, struct err *e)
{
    opterr = 0;
    for (;;) {
        int at = optind, which = getopt_long(argc, argv, ":", long_options, NULL);
        if (which == -1)
            break;
        if (option_apply(o, which, argv[at], e))
            return -1;
    }
    if (optind < argc)
        return err_set(e, ERR_INPUT, 0, "unexpected argument %s", argv[optind]);
    return 0;
}

static int print_help(void)
{
    struct buf names;
    buf_init(&names, NAMES_MAX);
    scenario_names(&names);
    printf("%s%s\n", help, buf_str(&names));
    buf_release(&names);
    return 0;
}

/* ---- running ------------------------------------------------------------------------------------- */

/* Ends must find this thread only, and only while it waits (ppoll in wait_for_end). */
static void catch_signals(sigset_t *before)
{
    static const int ends[] = {SIGTERM, SIGINT, SIGHUP};
    sigset_t blocked;
    struct sigaction end = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        sigaddset(&blocked, ends[i]);
        sigaction(ends[i], &end, NULL);
    }
    sigaction(SIGPIPE, &ignore, NULL);
    pthread_sigmask(SIG_BLOCK, &blocked, before);
}

/* Hundreds of held connections and files need more than the usual 1024. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= DESCRIPTORS_WANTED)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int print_addresses(const struct server *v, struct err *e)
{
    printf("{\"data\":\"http://127.0.0.1:%d/v2\",\"control\":\"http://127.0.0.1:%d\","
           "\"hub\":\"http://127.0.0.1:%d\"}\n",
        server_port(v, PLANE_DATA), server_port(v, PLANE_CONTROL), server_port(v, PLANE_HUB));
    return fflush(stdout) ? err_errno(e, errno, "cannot write to standard output") : 0;
}

static bool stdin_ended(void)
{
    char bytes[4096];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    return n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
}

static void wait_for_end(bool with_stdin, const sigset_t *open_mask)
{
    while (!told_to_end) {
        struct pollfd p = {.fd = with_stdin ? STDIN_FILENO : -1, .events = POLLIN};
        if (ppoll(&p, 1, NULL, open_mask) > 0 && stdin_ended())
            return;
    }
}

static int serve(const struct options *o, struct err *e)
{
    sigset_t before;
    catch_signals(&before);
    raise_descriptor_limit();
    struct sim *s = sim_new(o->scenario, o->speed, e);
    if (!s)
        return -1;
    struct server *v = server_start(s, o->ports, e);
    int failed = v ? print_addresses(v, e) : -1;
    if (!failed)
        wait_for_end(o->exit_with_stdin, &before);
    sim_free(s);
    return failed;
}

static int complain(const struct err *e)
{
    fprintf(stderr, "slipway-sim: %s%s%s%s\n", e->message, e->hint[0] ? " (" : "", e->hint,
        e->hint[0] ? ")" : "");
    return e->class == ERR_INPUT ? EXIT_USAGE : EXIT_CONFLICT;
}

int main(int argc, char **argv)
{
    struct options o = {.scenario = SIM_SCENARIO_DEFAULT, .speed = -1};
    struct err e;
    if (options_parse(&o, argc, argv, &e))
        return complain(&e);
    if (o.help)
        return print_help();
    if (o.version) {
        printf("slipway-sim " SLIPWAY_VERSION "\n");
        return 0;
    }
    return serve(&o, &e) ? complain(&e) : 0;
}
