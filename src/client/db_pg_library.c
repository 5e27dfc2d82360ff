/* libpq, loaded when the first PostgreSQL address is opened and not when the program starts
 * (base/library.h): most people's registry is a file. The functions that db_pg.c calls are defined here
 * under their own names. */
#include "base/library.h"
#include "client/db_internal.h"

#include <libpq-fe.h>

/* type, name, parameters, arguments */
#define FUNCTIONS(X)                                                                               \
    X(PQconninfoOption *, PQconndefaults, (void), ())                                              \
    X(PQconninfoOption *, PQconninfoParse, (const char *s, char **message), (s, message))          \
    X(void, PQconninfoFree, (PQconninfoOption * options), (options))                               \
    X(void, PQfreemem, (void *p), (p))                                                             \
    X(PGconn *, PQconnectStartParams,                                                              \
        (const char *const *keywords, const char *const *values, int expand),                      \
        (keywords, values, expand))                                                                \
    X(PostgresPollingStatusType, PQconnectPoll, (PGconn * conn), (conn))                           \
    X(void, PQfinish, (PGconn * conn), (conn))                                                     \
    X(ConnStatusType, PQstatus, (const PGconn *conn), (conn))                                      \
    X(PGTransactionStatusType, PQtransactionStatus, (const PGconn *conn), (conn))                  \
    X(char *, PQerrorMessage, (const PGconn *conn), (conn))                                        \
    X(int, PQsocket, (const PGconn *conn), (conn))                                                 \
    X(int, PQconnectionNeedsPassword, (const PGconn *conn), (conn))                                \
    X(PGVerbosity, PQsetErrorVerbosity, (PGconn * conn, PGVerbosity v), (conn, v))                 \
    X(PQnoticeReceiver, PQsetNoticeReceiver, (PGconn * conn, PQnoticeReceiver fn, void *arg),      \
        (conn, fn, arg))                                                                           \
    X(int, PQsetnonblocking, (PGconn * conn, int on), (conn, on))                                  \
    X(int, PQsetSingleRowMode, (PGconn * conn), (conn))                                            \
    X(int, PQsendQueryParams,                                                                      \
        (PGconn * conn, const char *sql, int n, const Oid *types, const char *const *values,       \
            const int *lengths, const int *formats, int format),                                   \
        (conn, sql, n, types, values, lengths, formats, format))                                   \
    X(int, PQflush, (PGconn * conn), (conn))                                                       \
    X(int, PQconsumeInput, (PGconn * conn), (conn))                                                \
    X(int, PQisBusy, (PGconn * conn), (conn))                                                      \
    X(PGresult *, PQgetResult, (PGconn * conn), (conn))                                            \
    X(void, PQclear, (PGresult * r), (r))                                                          \
    X(ExecStatusType, PQresultStatus, (const PGresult *r), (r))                                    \
    X(char *, PQresultErrorField, (const PGresult *r, int field), (r, field))                      \
    X(int, PQntuples, (const PGresult *r), (r))                                                    \
    X(int, PQnfields, (const PGresult *r), (r))                                                    \
    X(char *, PQfname, (const PGresult *r, int column), (r, column))                               \
    X(Oid, PQftype, (const PGresult *r, int column), (r, column))                                  \
    X(int, PQgetisnull, (const PGresult *r, int row, int column), (r, row, column))                \
    X(char *, PQgetvalue, (const PGresult *r, int row, int column), (r, row, column))              \
    X(char *, PQcmdTuples, (PGresult * r), (r))                                                    \
    X(void, PQsetSSLKeyPassHook_OpenSSL, (PQsslKeyPassHook_OpenSSL_type hook), (hook))             \
    X(int, PQdefaultSSLKeyPassHook_OpenSSL, (char *out, int size, PGconn *conn),                   \
        (out, size, conn))                                                                         \
    X(PGcancel *, PQgetCancel, (PGconn * conn), (conn))                                            \
    X(void, PQfreeCancel, (PGcancel * cancel), (cancel))                                           \
    X(int, PQcancel, (PGcancel * cancel, char *message, int size), (cancel, message, size))

#define PLACE(type, name, parameters, arguments) static type(*real_##name) parameters;
FUNCTIONS(PLACE)

#define ROW(type, name, parameters, arguments) {#name, &real_##name},
static const struct library_function functions[] = {FUNCTIONS(ROW)};

static struct library library = LIBRARY("libpq.so.5", "libpq5", functions);

int db_pg_library_load(struct err *e)
{
    return library_need(&library, e);
}

#define HAND_ON(type, name, parameters, arguments)                                                 \
    type name parameters                                                                           \
    {                                                                                              \
        return real_##name arguments;                                                              \
    }
FUNCTIONS(HAND_ON)
