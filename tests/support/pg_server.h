/* pg_server: a PostgreSQL of the test's own: a cluster in a temporary folder, on a loopback port
 * and a Unix socket, ended by its process id. It will not run as root, so root's tests give it to
 * postgres or nobody. Where there is no initdb, pg_server_there is false and the test says that it
 * was skipped. */
#ifndef SLIPWAY_TESTS_PG_SERVER_H
#define SLIPWAY_TESTS_PG_SERVER_H

#include "temp_folder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#define PG_PASSWORD "open-sesame-4711"

struct pg_server {
    char bin[PATH_MAX]; /* where initdb and postgres are */
    char *folder;
    pid_t pid; /* 0 = not running */
    int port;
    bool tls;      /* with FOLDER/server.crt and server.key: pg_server_make_certificate */
    char url[256]; /* as the owner, over loopback */
};

static inline bool pg_server_there(struct pg_server *s)
{
    glob_t found;
    *s = (struct pg_server){0};
    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found))
        return false;
    const char *last = found.gl_pathv[found.gl_pathc - 1];
    snprintf(s->bin, sizeof s->bin, "%.*s", (int)(strlen(last) - strlen("/initdb")), last);
    globfree(&found);
    return true;
}

static inline const struct passwd *pg_server_user(void)
{
    if (geteuid() != 0)
        return NULL;
    const struct passwd *user = getpwnam("postgres");
    return user ? user : getpwnam("nobody");
}

/* In the child: as the other user, its words into FOLDER/log. Ends with the test. */
static inline void pg_server_become(
    const struct pg_server *s, const char *program, char *argv[])
{
    char path[PATH_MAX + 32];
    const struct passwd *user = pg_server_user();
    if (user && (setgroups(0, NULL) || setgid(user->pw_gid) || setuid(user->pw_uid)))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    snprintf(path, sizeof path, "%s/log", s->folder);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (chdir(s->folder) || log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        _exit(126);
    snprintf(path, sizeof path, "%s/%s", s->bin, program);
    argv[0] = path; /* initdb looks for postgres beside itself */
    execv(path, argv);
    _exit(127);
}

static inline int pg_server_free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port = -1;
    if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
        getsockname(fd, (struct sockaddr *)&a, &n) == 0)
        port = ntohs(a.sin_port);
    if (fd >= 0)
        close(fd);
    return port;
}

/* Starts the server on the port it had (or a new one) and returns when it accepts connections. */
static inline int pg_server_run(struct pg_server *s)
{
    char port[16], sockets[PATH_MAX];
    if (s->port == 0)
        s->port = pg_server_free_port();
    snprintf(port, sizeof port, "%d", s->port);
    snprintf(sockets, sizeof sockets, "%s", s->folder);
    s->pid = fork();
    if (s->pid == 0) {
        char *argv[] = {"postgres", "-D", "data", "-p", port, "-k", sockets, "-c",
            "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c",
            "max_connections=40", "-c", "log_timezone=UTC", "-c", s->tls ? "ssl=on" : "ssl=off",
            "-c", "ssl_cert_file=../server.crt", "-c", "ssl_key_file=../server.key", NULL};
        pg_server_become(s, "postgres", argv);
    }
    snprintf(
        s->url, sizeof s->url, "postgresql://owner:%s@127.0.0.1:%d/postgres", PG_PASSWORD, s->port);
    return s->pid > 0 ? 0 : -1;
}

static inline int pg_server_make_cluster(struct pg_server *s)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/password", s->folder);
    FILE *f = fopen(path, "w");
    if (!f || fputs(PG_PASSWORD "\n", f) < 0 || fclose(f))
        return -1;
    const struct passwd *user = pg_server_user();
    if (user &&
        (chown(path, user->pw_uid, user->pw_gid) || chown(s->folder, user->pw_uid, user->pw_gid)))
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        char *argv[] = {"initdb", "-D", "data", "-U", "owner", "--auth=scram-sha-256",
            "--pwfile=password", "-E", "UTF8", "--no-locale", "-N", NULL};
        pg_server_become(s, "initdb", argv);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* A self-signed certificate for `name` ("IP:127.0.0.1"), which is its own CA. */
static inline int pg_server_make_certificate(const struct pg_server *s, const char *name)
{
    char names[256];
    snprintf(names, sizeof names, "subjectAltName=%s", name);
    pid_t pid = fork();
    if (pid == 0) {
        const struct passwd *user = pg_server_user();
        if (user && (setgroups(0, NULL) || setgid(user->pw_gid) || setuid(user->pw_uid)))
            _exit(126);
        umask(077);
        int quiet = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (chdir(s->folder) || quiet < 0 || dup2(quiet, 1) < 0 || dup2(quiet, 2) < 0)
            _exit(126);
        execlp("openssl", "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext",
            names, "-keyout", "server.key", "-out", "server.crt", (char *)NULL);
        _exit(127);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* Ends it at once, as a power cut would (SIGKILL leaves its children to notice). */
static inline void pg_server_kill(struct pg_server *s)
{
    if (s->pid <= 0)
        return;
    kill(s->pid, SIGQUIT);
    while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    s->pid = 0;
}

static inline void pg_server_end(struct pg_server *s)
{
    void *folder = s->folder;
    pg_server_kill(s);
    if (folder)
        temp_folder_remove(&folder);
    s->folder = NULL;
}

static inline int pg_server_start(struct pg_server *s)
{
    void *folder = NULL;
    if (temp_folder_make(&folder))
        return -1;
    s->folder = folder;
    if (pg_server_make_cluster(s) == 0 && pg_server_run(s) == 0)
        return 0;
    pg_server_end(s);
    return -1;
}

#endif
