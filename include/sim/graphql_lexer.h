/* graphql_lexer: the tokens of a GraphQL document, for graphql.c.
 *
 * The first error stops everything: after it every question is answered with no, so that the reader's
 * loops end by themselves. */
#ifndef SLIPWAY_SIM_GRAPHQL_LEXER_H
#define SLIPWAY_SIM_GRAPHQL_LEXER_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

enum { TOKEN_MAX = 16 * 1024 };

enum token { T_END, T_PUNCTUATOR, T_NAME, T_NUMBER, T_STRING };

struct lexer {
    const char *at;   /* behind the token */
    const char *text; /* the whole document */
    enum token kind;
    char punctuator;
    struct buf token; /* name, number, or string with its escapes undone */
    bool failed;
    struct err *e;
};

/* Notes the first error. */
void lexer_fail(struct lexer *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
void lexer_unexpected(struct lexer *l); /* fails because of the present token */

void lexer_advance(struct lexer *l);
bool lexer_is(const struct lexer *l, char punctuator);
bool lexer_is_word(const struct lexer *l, const char *word); /* a name with these letters */
bool lexer_accept(struct lexer *l, char punctuator);         /* and goes on when it is */
void lexer_expect(struct lexer *l, char punctuator);         /* or fails */

#endif
