/* One block of the model goes into each shard, embeddings into the first, the head into the last. The
 * width of the feed-forward part is what makes the size. Numbers are BF16 between -2 and 2: exponents of
 * random bits would give infinities, and the bytes shall be as hard to squeeze as real ones. */
#include "weights_folder.h"

#include "base/buf.h"
#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    VOCABULARY = 2048,
    HIDDEN = 512,
    HEADS = 4,
    KV = 256,
    PIECE = 1024 * 1024,
    TEXT_MAX = 65536
};

struct model {
    const char *folder;
    size_t shards;
    int64_t middle; /* width of the feed-forward part */
    uint64_t random;
};

/* ---- headers ----------------------------------------------------------------------------------- */

struct header {
    struct buf *json, *index;
    const char *shard;
    int64_t end; /* of the tensors so far */
};

static void tensor(struct header *h, const char *name, int64_t rows, int64_t columns)
{
    int64_t begin = h->end;
    h->end += 2 * rows * (columns ? columns : 1);
    buf_printf(
        h->json, "%s\"%s\":{\"dtype\":\"BF16\",\"shape\":[%" PRId64, begin ? "," : "", name, rows);
    if (columns)
        buf_printf(h->json, ",%" PRId64, columns);
    buf_printf(h->json, "],\"data_offsets\":[%" PRId64 ",%" PRId64 "]}", begin, h->end);
    buf_printf(h->index, "%s\"%s\":\"%s\"", buf_str(h->index)[h->index->len - 1] == '{' ? "" : ",",
        name, h->shard);
}

static void layer(struct header *h, size_t number, int64_t middle)
{
    const struct {
        const char *name;
        int64_t rows, columns;
    } parts[] = {{"input_layernorm", HIDDEN, 0}, {"mlp.down_proj", HIDDEN, middle},
        {"mlp.gate_proj", middle, HIDDEN}, {"mlp.up_proj", middle, HIDDEN},
        {"post_attention_layernorm", HIDDEN, 0}, {"self_attn.k_proj", KV, HIDDEN},
        {"self_attn.o_proj", HIDDEN, HIDDEN}, {"self_attn.q_proj", HIDDEN, HIDDEN},
        {"self_attn.v_proj", KV, HIDDEN}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char name[96];
        snprintf(name, sizeof name, "model.layers.%zu.%s.weight", number, parts[i].name);
        tensor(h, name, parts[i].rows, parts[i].columns);
    }
}

/* ---- contents ---------------------------------------------------------------------------------- */

static int fail(const char *path, struct err *e)
{
    return err_errno(e, errno, "cannot write %s", path);
}

static void fill(uint64_t *state, uint64_t *words, size_t n)
{
    uint64_t x = *state;
    for (size_t i = 0; i < n; i++) {
        x += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        /* sign and mantissa stay random; the exponent is 120 to 127 */
        words[i] = ((z ^ z >> 29) & UINT64_C(0x83ff83ff83ff83ff)) | UINT64_C(0x3c003c003c003c00);
    }
    *state = x;
}

static int write_numbers(struct model *m, FILE *f, int64_t bytes)
{
    uint64_t *piece = malloc(PIECE);
    bool good = piece != NULL;
    for (int64_t left = bytes; good && left > 0;) {
        size_t n = left < PIECE ? (size_t)left : PIECE;
        fill(&m->random, piece, PIECE / sizeof *piece);
        good = fwrite(piece, 1, n, f) == n;
        left -= (int64_t)n;
    }
    free(piece);
    return good ? 0 : -1;
}

static int write_shard(struct model *m, size_t number, struct buf *index, struct err *e)
{
    char shard[64], path[PATH_MAX];
    struct buf json;
    snprintf(shard, sizeof shard, "model-%05zu-of-%05zu.safetensors", number + 1, m->shards);
    if (snprintf(path, sizeof path, "%s/%s", m->folder, shard) >= (int)sizeof path)
        return err_set(e, ERR_INPUT, 0, "the folder's name is too long");
    buf_init(&json, TEXT_MAX);
    buf_char(&json, '{');
    struct header h = {&json, index, shard, 0};
    if (number == 0)
        tensor(&h, "model.embed_tokens.weight", VOCABULARY, HIDDEN);
    layer(&h, number, m->middle);
    if (number + 1 == m->shards) {
        tensor(&h, "model.norm.weight", HIDDEN, 0);
        tensor(&h, "lm_head.weight", VOCABULARY, HIDDEN);
    }
    buf_char(&json, '}');
    while (json.len % 8 != 0)
        buf_char(&json, ' ');
    uint64_t length = json.len; /* little-endian, as this machine is */
    FILE *f = fopen(path, "wbe");
    bool good = f && fwrite(&length, sizeof length, 1, f) == 1 &&
                fwrite(buf_str(&json), 1, json.len, f) == json.len &&
                write_numbers(m, f, h.end) == 0;
    good = (!f || fclose(f) == 0) && good;
    buf_release(&json);
    return good ? 0 : fail(path, e);
}

/* ---- the small files --------------------------------------------------------------------------- */

static int write_text(const struct model *m, const char *name, const char *text, struct err *e)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", m->folder, name) >= (int)sizeof path)
        return err_set(e, ERR_INPUT, 0, "the folder's name is too long");
    return file_write(path, text, strlen(text), e);
}

static int write_config(const struct model *m, struct err *e)
{
    char text[1024];
    snprintf(text, sizeof text,
        "{\"architectures\":[\"LlamaForCausalLM\"],\"model_type\":\"llama\",\"dtype\":\"bfloat16\","
        "\"hidden_size\":%d,\"intermediate_size\":%" PRId64 ",\"num_hidden_layers\":%zu,"
        "\"num_attention_heads\":%d,\"num_key_value_heads\":%d,\"head_dim\":%d,"
        "\"vocab_size\":%d,\"max_position_embeddings\":1024,\"tie_word_embeddings\":false,"
        "\"bos_token_id\":1,\"eos_token_id\":2,\"rms_norm_eps\":1e-06,\"hidden_act\":\"silu\"}\n",
        HIDDEN, m->middle, m->shards, HEADS, KV * HEADS / HIDDEN, HIDDEN / HEADS, VOCABULARY);
    return write_text(m, "config.json", text, e);
}

static int unpack_tokenizer(const struct model *m, struct err *e)
{
    char command[PATH_MAX + 256];
    snprintf(command, sizeof command,
        "tar -C '%s' --strip-components=1 --wildcards --exclude='*.safetensors*' "
        "-xzf tests/data/models/tiny-sft-sharded.tar.gz",
        m->folder);
    int status = system(command);
    return status == 0 ? 0 : err_set(e, ERR_IO, 0, "cannot unpack the small files of the model");
}

int weights_folder_make(const char *folder, const struct weights_plan *plan, struct err *e)
{
    /* What a layer has beside its three feed-forward matrices hardly counts. */
    int64_t middle = plan->bytes / (int64_t)plan->shards / (2 * 3 * HIDDEN);
    struct model m = {folder, plan->shards, middle ? middle : 1, plan->seed};
    struct buf index;
    buf_init(&index, TEXT_MAX);
    buf_str_append(&index, "{\"metadata\":{},\"weight_map\":{");
    int rc = unpack_tokenizer(&m, e);
    for (size_t i = 0; i < m.shards && rc == 0; i++)
        rc = write_shard(&m, i, &index, e);
    buf_str_append(&index, "}}\n");
    if (rc == 0 && index.full)
        rc = err_set(e, ERR_INPUT, 0, "too many shards");
    if (rc == 0)
        rc = write_text(&m, "model.safetensors.index.json", buf_str(&index), e);
    if (rc == 0)
        rc = write_config(&m, e);
    if (rc == 0)
        rc = write_text(&m, "README.md",
            "---\nlicense: apache-2.0\npipeline_tag: text-generation\n"
            "library_name: transformers\n---\n# made up\n",
            e);
    buf_release(&index);
    return rc;
}
