/* A model card from what is known, and nothing else: a key without a value is not written, nor is a fact that
 * the job's row does not hold. No date and nothing of this machine goes in, so the same facts give the same
 * bytes.
 *
 * Foreign words are cleaned already (struct text). In the front matter they are quoted as JSON, which is
 * YAML, unless they are a plain word that no YAML reader takes for anything else; in the body every sign
 * that Markdown or HTML could see something in is escaped. */
#include "client/model_complete_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- YAML ------------------------------------------------------------------------------------ */

/* Words that YAML 1.1 or 1.2 takes for a truth value or nothing. */
static const char *const taken_words[] = {
    "true", "false", "yes", "no", "on", "off", "y", "n", "null"};

static bool is_plain(const char *s)
{
    if (!isalpha((unsigned char)s[0]) || (unsigned char)s[0] >= 0x80)
        return false;
    for (const char *p = s; *p; p++)
        if ((unsigned char)*p >= 0x80 || (!isalnum((unsigned char)*p) && !strchr("._/+-", *p)))
            return false;
    for (size_t i = 0; i < sizeof taken_words / sizeof *taken_words; i++)
        if (strcasecmp(s, taken_words[i]) == 0)
            return false;
    return true;
}

static int write_value(const char *s, struct buf *out)
{
    if (is_plain(s))
        return buf_str_append(out, s);
    struct json *j = json_new_string(s);
    int failed = !j || json_print(j, out);
    json_free(j);
    return failed ? -1 : 0;
}

int card_write_row(const struct card_row *row, const char *eol, struct buf *out)
{
    int failed = 0;
    if (row->count == 0)
        return 0;
    failed |= buf_printf(out, "%s:%s", row->key, row->list ? eol : " ");
    for (size_t i = 0; i < row->count && (row->list || i == 0); i++) {
        failed |= row->list ? buf_str_append(out, "- ") : 0;
        failed |= write_value(row->values[i], out);
        failed |= buf_str_append(out, eol);
    }
    return failed ? -1 : 0;
}

int card_write_front(const struct card *card, const char *eol, struct buf *out)
{
    int failed = buf_printf(out, "---%s", eol);
    for (size_t i = 0; i < CARD_KEYS; i++)
        failed |= card_write_row(&card->rows[i], eol, out);
    failed |= buf_printf(out, "---%s", eol);
    return failed ? -1 : 0;
}

/* ---- Markdown -------------------------------------------------------------------------------- */

static int write_escaped(const char *s, struct buf *out)
{
    int failed = 0;
    for (; *s; s++) {
        if (strchr("\\`*_{}[]<>()#+!|&~$:", *s))
            failed |= buf_char(out, '\\');
        failed |= buf_char(out, *s);
    }
    return failed;
}

static int write_origin(const struct card *card, struct buf *out)
{
    const char *what = card->adapter ? "A PEFT adapter for" : "Fine-tuned from";
    if (!card->base)
        return 0;
    int failed = buf_printf(out, "%s [", what);
    failed |= write_escaped(card->base, out);
    failed |= buf_printf(out, "](https://huggingface.co/%s).\n\n", card->base);
    return failed;
}

/* ---- the training ---------------------------------------------------------------------------- */

static int write_text_fact(const char *name, struct text value, struct buf *out)
{
    if (!value.s || value.len == 0)
        return 0;
    int failed = buf_printf(out, "| %s | ", name);
    failed |= write_escaped(value.s, out);
    failed |= buf_str_append(out, " |\n");
    return failed;
}

static int write_number(const char *name, double value, struct buf *out)
{
    return isfinite(value) ? buf_printf(out, "| %s | %.6g |\n", name, value) : 0;
}

/* "300 of 600" only when it ended early. */
static int write_count(const char *name, int64_t done, int64_t total, struct buf *out)
{
    if (done < 0)
        return 0;
    if (total > 0 && total != done)
        return buf_printf(out, "| %s | %lld of %lld |\n", name, (long long)done, (long long)total);
    return buf_printf(out, "| %s | %lld |\n", name, (long long)done);
}

static int write_training(const struct job *job, struct buf *out)
{
    size_t before = out->len;
    static const char head[] = "## Training\n\n| | |\n|---|---|\n";
    if (!job)
        return 0;
    bool ended = job->status.s && strcmp(job->status.s, "completed") == 0;
    int failed = buf_str_append(out, head);
    failed |= write_text_fact("Method", job->method, out);
    failed |= write_text_fact("Dataset", job->dataset, out);
    failed |= write_count("Steps", job->step, job->total_steps, out);
    failed |= write_count("Epochs", job->epoch, job->total_epochs, out);
    failed |= write_number(ended ? "Final loss" : "Last loss", job->loss, out);
    failed |= write_number("Evaluation loss", job->eval_loss, out);
    failed |= write_number("Best evaluation loss", job->best_eval_loss, out);
    if (!failed && out->len == before + sizeof head - 1) {
        out->len = before; /* the job says nothing */
        out->data[before] = '\0';
        return 0;
    }
    return failed | buf_char(out, '\n');
}

/* ---- serving --------------------------------------------------------------------------------- */

static int write_command(const struct card *card, struct buf *out)
{
    const char *slash = card->repo ? strchr(card->repo, '/') : NULL;
    const char *where = slash ? card->repo : "./model";
    const char *name = slash ? slash + 1 : "model";
    if (card->adapter)
        return buf_printf(
            out, "vllm serve %s --enable-lora --lora-modules %s=%s", card->base, name, where);
    return buf_printf(out, "vllm serve %s", where);
}

static int write_serving(const struct card *card, struct buf *out)
{
    if (!card->generates || (card->adapter && !card->base))
        return 0;
    int failed = buf_str_append(out,
        "## Serving\n\nWith [vLLM](https://docs.vllm.ai), as an OpenAI-compatible server"
        " on port 8000:\n\n```sh\n");
    failed |= write_command(card, out);
    failed |= buf_str_append(out, card->custom_code ? " --trust-remote-code\n" : "\n");
    failed |= buf_str_append(out, "```\n\n");
    if (card->custom_code)
        failed |= buf_str_append(out, "The model brings code of its own, which this runs.\n\n");
    return failed;
}

int card_write_body(const struct card *card, struct buf *out)
{
    int failed = buf_str_append(out, "# ");
    failed |= write_escaped(card->title, out);
    failed |= buf_str_append(out, "\n\n");
    failed |= write_origin(card, out);
    failed |= write_training(card->job, out);
    failed |= write_serving(card, out);
    if (card->added) {
        failed |= buf_str_append(out, "## Files\n\nUnchanged from the base model: ");
        failed |= write_escaped(card->added, out);
        failed |= buf_str_append(out, ".\n");
    }
    while (out->len > 1 && out->data[out->len - 1] == '\n' && out->data[out->len - 2] == '\n')
        out->data[--out->len] = '\0';
    return failed || out->full ? -1 : 0;
}
