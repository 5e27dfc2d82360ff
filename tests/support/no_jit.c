/* Preloaded under valgrind: PCRE2 interprets then. Code that it compiles as it runs reads the rest of a vector
 * beyond a text's end, which is harmless there and looks like bytes that were never written; and valgrind
 * loses its way among thousands of such pieces (a jump to nowhere, only there). */
#include <stdint.h>

enum { NOT_BUILT_IN = -45 }; /* PCRE2_ERROR_JIT_BADOPTION: what a PCRE2 without that compiler answers */

int pcre2_jit_compile_8(void *code, uint32_t options);

int pcre2_jit_compile_8(void *code, uint32_t options)
{
    (void)code;
    (void)options;
    return NOT_BUILT_IN;
}
