/* What a value may be. Numbers are read by hand: strtod goes by the locale, which is the
 * terminal's. */
#include "app/config_internal.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

int config_flag(const char *value, bool *out, struct err *e)
{
    static const struct {
        const char *word;
        bool means;
    } words[] = {{"yes", true}, {"no", false}, {"true", true}, {"false", false}, {"on", true},
        {"off", false}, {"1", true}, {"0", false}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(value, words[i].word) == 0) {
            *out = words[i].means;
            return 0;
        }
    }
    return err_set(e, ERR_INPUT, 0, "yes or no is wanted, not '%.40s'", value);
}

/* Digits with at most one point among them, at most 12. */
int config_money(const char *value, double *out, struct err *e)
{
    const char *p = value + (*value == '$');
    size_t length = strlen(p), whole = strspn(p, "0123456789");
    double amount = 0, unit = 1;
    for (size_t i = 0; i < length; i++) {
        if (i == whole && p[i] == '.' && length > 1)
            continue;
        if (p[i] < '0' || p[i] > '9')
            length = 0;
        else if (i > whole)
            amount += (p[i] - '0') * (unit /= 10);
        else
            amount = amount * 10 + (p[i] - '0');
    }
    if (length == 0 || length > 12)
        return err_set(e, ERR_INPUT, 0, "an amount of dollars is wanted, like 25 or 25.50");
    *out = amount;
    return 0;
}

int config_uuid(const char *value, struct err *e)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    bool good = strlen(value) == sizeof form - 1;
    for (size_t i = 0; good && form[i]; i++)
        good = form[i] == '-' ? value[i] == '-' : isxdigit((unsigned char)value[i]) != 0;
    return good ? 0 : err_set(e, ERR_INPUT, 0, "a UUID is wanted, like %s", form);
}

int config_color(const char *value, struct err *e)
{
    size_t length = strlen(value);
    bool word = strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-#") == length;
    if (word && length > 0 && length < 24)
        return 0;
    return err_set(e, ERR_INPUT, 0, "the name of a color is wanted, like red or bright-cyan");
}

/* ---- what was meant -------------------------------------------------------------------------- */

enum { WORD_MAX = 40 };

/* Levenshtein's distance; both words have at most WORD_MAX letters. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1], length = strlen(b);
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t change = corner + (a[i - 1] != b[j - 1]);
            size_t step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            corner = row[j];
            row[j] = change < step ? change : step;
        }
    }
    return row[length];
}

const char *config_nearest(const char *word, const char *const names[])
{
    const char *nearest = NULL;
    size_t length = strlen(word), best = length / 2 + 1;
    for (size_t i = 0; names[i] && length <= WORD_MAX; i++) {
        size_t d = strlen(names[i]) <= WORD_MAX ? distance(word, names[i]) : best;
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}
