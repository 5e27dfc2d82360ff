/* Model cards: YAML as cards are written, and what is refused in them (spec/huggingface.md §7.3).
 */
#include "sim/hub_card.h"

#include "base/text.h"
#include "dice.h"
#include "sim/hub_yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- YAML ------------------------------------------------------------------------------------ */

static void assert_yaml(const char *yaml, const char *json)
{
    char error[HUB_YAML_ERROR_MAX];
    struct json *got = hub_yaml_parse(yaml, strlen(yaml), error);
    struct json *want = json_parse(json, strlen(json), NULL);
    struct buf text;
    assert_non_null(want);
    buf_init(&text, 65536);
    if (got)
        json_print(got, &text);
    if (!got || !json_equal(got, want))
        fail_msg("%s\nis: %s %s\nnot: %s", yaml, buf_str(&text), error, json);
    buf_release(&text);
    json_free(got);
    json_free(want);
}

static void assert_yaml_error(const char *yaml, const char *part)
{
    char error[HUB_YAML_ERROR_MAX];
    struct json *got = hub_yaml_parse(yaml, strlen(yaml), error);
    if (got || !strstr(error, part))
        fail_msg("%s\ngives: %s", yaml, got ? "no error" : error);
}

static void yaml_scalars(void **state)
{
    (void)state;
    assert_yaml("", "null");
    assert_yaml("# only this\n\n", "null");
    assert_yaml("a: 1\nb: -2.5\nc: 1e3\nd: 0x1F\ne: true\nf: False\ng: null\nh: ~\ni:\n",
        "{\"a\":1,\"b\":-2.5,\"c\":1000,\"d\":31,\"e\":true,\"f\":false,\"g\":null,\"h\":null,"
        "\"i\":null}");
    /* the words and numbers that are not */
    assert_yaml("a: no\nb: yes\nc: on\nd: 1.2.3\ne: 2026-11-23\nf: v1\ng: 1_000\nh: -\ni: '1'\n",
        "{\"a\":\"no\",\"b\":\"yes\",\"c\":\"on\",\"d\":\"1.2.3\",\"e\":\"2026-11-23\",\"f\":"
        "\"v1\","
        "\"g\":\"1_000\",\"h\":\"-\",\"i\":\"1\"}");
    assert_yaml("a: x # comment\nb: x#y\nc: http://a.b/c:d\n'q: r': s\n\"t\\n\": u\n",
        "{\"a\":\"x\",\"b\":\"x#y\",\"c\":\"http://a.b/c:d\",\"q: r\":\"s\",\"t\\n\":\"u\"}");
    assert_yaml("a: plain over\n  two lines\nb: 1\n", "{\"a\":\"plain over two lines\",\"b\":1}");
    assert_yaml("a: 'it''s'\nb: \"\\u00fc\\x41\\t\\\"\"\nc: \"two\n  lines\"\nd: ''\n",
        "{\"a\":\"it's\",\"b\":\"\xc3\xbc"
        "A\\t\\\"\",\"c\":\"two lines\",\"d\":\"\"}");
}

static void yaml_collections(void **state)
{
    (void)state;
    assert_yaml("tags:\n- a\n- b: 1\n  c: 2\n-\n  d: 3\n- - x\n  - y\n",
        "{\"tags\":[\"a\",{\"b\":1,\"c\":2},{\"d\":3},[\"x\",\"y\"]]}");
    assert_yaml("a:\n  - 1\n  -   2\nb:\n  c:\n    d: e\n\n  f: g\n",
        "{\"a\":[1,2],\"b\":{\"c\":{\"d\":\"e\"},\"f\":\"g\"}}");
    assert_yaml("a: [x, 'y, z', [1], {b: c, d: }]\ne: {}\nf: []\ng: [\n  1,\n  2 # two\n]\n",
        "{\"a\":[\"x\",\"y, z\",[1],{\"b\":\"c\",\"d\":null}],\"e\":{},\"f\":[],\"g\":[1,2]}");
    assert_yaml("- a\n- b\n", "[\"a\",\"b\"]");
    assert_yaml("just text", "\"just text\"");
    assert_yaml("a: &anchor 1\nb: !!str 2\n", "{\"a\":1,\"b\":2}");
    assert_yaml("a: 1\r\nb:\r\n- 2\r\n", "{\"a\":1,\"b\":[2]}");
    assert_yaml("model-index:\n- name: x\n  results:\n  - task:\n      type: t\n    metrics:\n    "
                "- value: 1\n",
        "{\"model-index\":[{\"name\":\"x\",\"results\":[{\"task\":{\"type\":\"t\"},"
        "\"metrics\":[{\"value\":1}]}]}]}");
}

static void yaml_blocks(void **state)
{
    (void)state;
    assert_yaml(
        "a: |\n  one\n   two\n\n  three\nb: 1\n", "{\"a\":\"one\\n two\\n\\nthree\\n\",\"b\":1}");
    assert_yaml("a: >\n  one\n  two\n\n  three\n", "{\"a\":\"one two\\nthree\\n\"}");
    assert_yaml("a: |-\n  x\n\nb: |+\n  y\n\n", "{\"a\":\"x\",\"b\":\"y\\n\\n\"}");
    assert_yaml("a:\n- |\n  # no comment\n- z\n", "{\"a\":[\"# no comment\\n\",\"z\"]}");
}

static void yaml_errors(void **state)
{
    (void)state;
    assert_yaml_error("a: b: c\n", "bad indentation of a mapping entry (1:4)");
    assert_yaml_error("a: 1\n  b: 2\n", "bad indentation");
    assert_yaml_error("a: 1\nb\n", "a colon is missed (2:2)");
    assert_yaml_error("a: 1\na: 2\n", "duplicated mapping key (2:1)");
    assert_yaml_error("a: [1, 2\n", "flow collection");
    assert_yaml_error("a: [1 2 3}\n", "missed comma");
    assert_yaml_error("a: \"x\n", "double quoted scalar");
    assert_yaml_error("a: 'x\n", "single quoted scalar");
    assert_yaml_error("a: \"\\q\"\n", "unknown escape");
    assert_yaml_error("a: \"x\" y\n", "bad indentation");
    assert_yaml_error("a:\n\t- b\n", "tab characters");
    assert_yaml_error("a: *b\n", "unidentified alias");
    assert_yaml_error("a: @b\n", "bad indentation");
    assert_yaml_error("- a\nb: 1\n", "end of the stream");
}

static void yaml_too_deep(void **state)
{
    (void)state;
    char text[4000] = "a: ", error[HUB_YAML_ERROR_MAX];
    memset(text + 3, '[', 1000);
    assert_null(hub_yaml_parse(text, 1003, error));
    assert_non_null(strstr(error, "too deeply"));
    for (size_t i = 0; i < 1000; i++)
        memcpy(text + 2 * i, "- ", 2);
    assert_null(hub_yaml_parse(text, 2000, error));
    assert_non_null(strstr(error, "too deeply"));
}

/* Whatever comes, it ends, with a tree or a sentence; the sanitizers watch the rest. */
static void yaml_anything(void **state)
{
    (void)state;
    static const char *const words[] = {"a", ":", ": ", "-", "- ", "\n", "\n  ", " ", "'", "\"",
        "[", "]", "{", "}", ",", "#", " #", "|", ">", "\\", "\\u12", "\t", "&x ", "!t ", "*", "~",
        "1.5", "\r\n", "\xc3\xbc", "\xff", "key: ", "---\n"};
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct dice dice = dice_new(seed);
        char text[512], error[HUB_YAML_ERROR_MAX];
        size_t n = 0, pieces = dice_below(&dice, 30);
        for (size_t i = 0; i < pieces; i++) {
            const char *word = words[dice_below(&dice, COUNT(words))];
            memcpy(text + n, word, strlen(word));
            n += strlen(word);
        }
        char *exact = malloc(n ? n : 1); /* so that reading past the end is seen */
        assert_non_null(exact);
        memcpy(exact, text, n);
        struct json *j = hub_yaml_parse(exact, n, error);
        if ((j != NULL) == (error[0] != '\0'))
            fail_msg("seed %llu: \"%s\"", (unsigned long long)seed, error);
        json_free(j);
        free(exact);
    }
}

/* ---- front matter ---------------------------------------------------------------------------- */

static void assert_matter(const char *readme, const char *want)
{
    const char *text = NULL;
    size_t n = 0;
    bool found = hub_front_matter(readme, strlen(readme), &text, &n);
    if (found != (want != NULL) || (want && (n != strlen(want) || memcmp(text, want, n) != 0)))
        fail_msg("%s", readme);
}

static void fences(void **state)
{
    (void)state;
    assert_matter("---\na: 1\n---\n# x\n", "a: 1\n");
    assert_matter("---\r\na: 1\r\n---\r\n", "a: 1\r\n");
    assert_matter("\n\n  \n---\na: 1\n---", "a: 1\n");
    assert_matter("\xef\xbb\xbf---\na: 1\n---\n", "a: 1\n");
    assert_matter("---  \n---\n", "");
    assert_matter("---\na: 1\n----\n---\n", "a: 1\n----\n");
    assert_matter("# x\n---\na: 1\n---\n", NULL);
    assert_matter("---\na: 1\n", NULL);
    assert_matter("----\na: 1\n----\n", NULL);
    assert_matter("---x\n---\n", NULL);
    assert_matter("", NULL);
    assert_matter("---", NULL);
}

/* ---- checks ---------------------------------------------------------------------------------- */

/* The messages of a card with this front matter, one a line, errors before warnings. */
static void read_messages(const char *matter, const char *type, struct buf *out)
{
    struct hub_card card;
    struct buf readme;
    buf_init(&readme, 65536);
    buf_printf(&readme, "---\n%s---\n# x\n", matter);
    assert_int_equal(hub_card_read(buf_str(&readme), readme.len, type, &card), 0);
    const struct json *lists[] = {card.errors, card.warnings};
    for (size_t i = 0; i < 2; i++)
        for (const struct json *m = json_first(lists[i]); m; m = json_next(m))
            buf_printf(out, "%s: %s\n", i ? "warning" : "error", json_str(m, "message"));
    buf_release(&readme);
    hub_card_release(&card);
}

static void assert_card(const char *matter, const char *want)
{
    struct buf got;
    buf_init(&got, 65536);
    read_messages(matter, "model", &got);
    bool fits = *want ? strstr(buf_str(&got), want) != NULL : got.len == 0;
    if (!fits)
        fail_msg("%s\ngives: %s", matter, buf_str(&got));
    buf_release(&got);
}

static void good_cards(void **state)
{
    (void)state;
    assert_card("license: apache-2.0\nlibrary_name: transformers\npipeline_tag: text-generation\n"
                "base_model: org/base\ntags:\n- conversational\n",
        "");
    assert_card(
        "license: [mit, apache-2.0]\nlanguage: en\ndatasets: squad\nmetrics: accuracy\n", "");
    assert_card("license: other\nlicense_name: my-license\nlicense_link: LICENSE\n", "");
    assert_card(
        "language:\n- en\n- deu\n- code\n- multilingual\n- no\nbase_model:\n- a/b\n- gpt2\n", "");
    assert_card("anything: {goes: [here]}\nwidget:\n- text: hi\n", "");
}

static void refused_cards(void **state)
{
    (void)state;
    assert_card("license: my-own\n",
        "error: \"license\" must be one of [apache-2.0, mit, openrail, bigscience-openrail-m,");
    assert_card("license: my-own\n", ", llama4, grok2-community, gemma, unknown, other, array]\n");
    assert_card("license:\n", "error: \"license\" must be one of");
    assert_card("license: [mit, nope]\n", "error: \"license\" must be one of");
    assert_card("license: []\n", "error: \"license\" must be one of");
    assert_card("license: Apache-2.0\n", "error: \"license\" must be one of");
    assert_card("tags: one\n", "error: \"tags\" must be an array\n");
    assert_card("tags:\n- a\n- 1\n", "error: \"tags[1]\" must be a string\n");
    assert_card("pipeline_tag: 1\n", "error: \"pipeline_tag\" must be a string\n");
    assert_card(
        "pipeline_tag: text-generatoin\n", "warning: The pipeline tag \"text-generatoin\" is not");
    assert_card("language: EN\n", "error: \"language\" must only contain lowercase characters\n");
    assert_card(
        "language:\n- english\n", "error: \"language[0]\" with value \"english\" is not valid.");
    assert_card("base_model: ./checkpoint\n",
        "error: \"base_model\" with value \"./checkpoint\" is not valid. Use a model id from "
        "https://hf.co/models.\n");
    assert_card("base_model: ''\n", "error: \"base_model\" with value \"\" is not valid.");
    assert_card("base_model: /home/me/model\n", "is not valid. Use a model id");
    assert_card("base_model_relation: child\n", "error: \"base_model_relation\" must be one of");
    assert_card("datasets:\n- ../x\n", "error: \"datasets[0]\" with value");
    assert_card("library_name: [a]\n", "error: \"library_name\" must be a string\n");
    assert_card("widget: text\n", "error: \"widget\" must be an array\n");
    assert_card("a: b: c\n", "error: bad indentation of a mapping entry (1:4)\n");
    assert_card("- a\n", "error: \"value\" must be of type object\n");
    assert_card("", "warning: empty or missing yaml metadata in repo card");
}

static void all_errors_are_told(void **state)
{
    (void)state;
    struct buf got;
    buf_init(&got, 65536);
    read_messages("license: x\ntags: y\nwidget: z\n", "model", &got);
    size_t lines = 0;
    for (const char *s = buf_str(&got); *s; s++)
        lines += *s == '\n';
    assert_int_equal(lines, 3);
    buf_clear(&got);
    read_messages("pipeline_tag: [x]\nlicense: mit\n", "dataset", &got); /* a model's key only */
    assert_int_equal(got.len, 0);
    buf_release(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml_scalars),
        cmocka_unit_test(yaml_collections),
        cmocka_unit_test(yaml_blocks),
        cmocka_unit_test(yaml_errors),
        cmocka_unit_test(yaml_too_deep),
        cmocka_unit_test(yaml_anything),
        cmocka_unit_test(fences),
        cmocka_unit_test(good_cards),
        cmocka_unit_test(refused_cards),
        cmocka_unit_test(all_errors_are_told),
    };
    return cmocka_run_group_tests_name("hub_card", tests, NULL, NULL);
}
