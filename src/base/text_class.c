/* What a code point is, as far as cleaning and drawing care. The facts (category, default-ignorable,
 * grapheme class, width) are utf8proc's; this file only says what follows from them.
 *
 * Two facts decide more than the category does:
 *   - a default-ignorable code point is drawn as nothing, even where Unicode calls it a letter
 *     (Hangul fillers) or a mark (variation selectors, the grapheme joiner)
 *   - medial and final Hangul jamo are letters, but terminals put them into the cell of the initial
 *     before them, as they do with marks; as marks they can neither shift a line nor pile up */
#include "base/text_internal.h"

#include <stdbool.h>
#include <utf8proc.h>

/* By category; what is not named is a base. */
static const unsigned char by_category[UTF8PROC_CATEGORY_CO + 1] = {
    [UTF8PROC_CATEGORY_CN] = TEXT_CLASS_REPLACE,
    [UTF8PROC_CATEGORY_MN] = TEXT_CLASS_MARK,
    [UTF8PROC_CATEGORY_MC] = TEXT_CLASS_MARK,
    [UTF8PROC_CATEGORY_ME] = TEXT_CLASS_MARK,
    [UTF8PROC_CATEGORY_ZL] = TEXT_CLASS_BREAK,
    [UTF8PROC_CATEGORY_ZP] = TEXT_CLASS_BREAK,
    [UTF8PROC_CATEGORY_CC] = TEXT_CLASS_CONTROL,
    [UTF8PROC_CATEGORY_CF] = TEXT_CLASS_DROP,
    [UTF8PROC_CATEGORY_CS] = TEXT_CLASS_REPLACE,
    [UTF8PROC_CATEGORY_CO] = TEXT_CLASS_REPLACE,
};

static bool joins_initial(const utf8proc_property_t *property)
{
    return property->boundclass == UTF8PROC_BOUNDCLASS_V ||
           property->boundclass == UTF8PROC_BOUNDCLASS_T;
}

enum text_class text_class(int32_t code)
{
    const utf8proc_property_t *property = utf8proc_get_property(code);
    enum text_class class = by_category[property->category];
    if (class != TEXT_CLASS_BASE && class != TEXT_CLASS_MARK)
        return class;
    if (property->ignorable)
        return TEXT_CLASS_DROP;
    return joins_initial(property) ? TEXT_CLASS_MARK : class;
}

int text_class_columns(int32_t code)
{
    return utf8proc_charwidth(code) == 2 ? 2 : 1;
}
