/* From bytes to files of a revision, and contents that are made up.
 *
 * Made-up contents are written and hashed in one pass through a small buffer, so a scenario may
 * hold a model of many gigabytes. */
#include "sim/hub_store.h"

#include "base/clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct hub_file *hub_regular_file(
    struct hub_world *h, const char *path, const void *bytes, size_t n)
{
    char sha256[HUB_SHA256];
    if (hub_stored_put(h, bytes, n, sha256) != 0)
        return NULL;
    struct hub_file *f = hub_file_new(path, sha256, (int64_t)n, false);
    if (f && hub_object_oid("blob", bytes, n, f->oid) == 0)
        return f;
    hub_file_unref(f);
    return NULL;
}

struct hub_file *hub_lfs_file(const char *path, const char *sha256, int64_t size)
{
    struct hub_file *f = hub_file_new(path, sha256, size, true);
    if (f && hub_pointer_oid(sha256, size, f->oid) == 0)
        return f;
    hub_file_unref(f);
    return NULL;
}

bool hub_wants_lfs(
    const char *attributes, const char *path, int64_t size, const void *sample, size_t n)
{
    return hub_attributes_lfs(attributes, path) || size > HUB_INLINE_MAX ||
           hub_looks_binary(sample, n, size > (int64_t)n);
}

int hub_read_file(
    struct hub_world *h, const struct hub_files *files, const char *path, struct buf *out)
{
    const struct hub_file *f = hub_files_find(files, path);
    if (!f || f->lfs || (uint64_t)f->size > out->max)
        return -1;
    return hub_stored_read(h, f->sha256, 0, (size_t)f->size, out);
}

/* ---- made-up contents ------------------------------------------------------------------------ */

static void filler(uint64_t *state, unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i + 8 <= n; i += 8) {
        uint64_t x = *state += 0x9e3779b97f4a7c15u; /* splitmix64 */
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
        x = (x ^ x >> 27) * 0x94d049bb133111ebu;
        x ^= x >> 31;
        memcpy(bytes + i, &x, 8);
    }
}

static int write_piece(FILE *f, struct hub_hash *hash, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, f) == n && hub_hash_add(hash, bytes, n) == 0 ? 0 : -1;
}

static int write_fill(FILE *f, struct hub_hash *hash, const struct hub_fill *fill)
{
    unsigned char piece[65536] = {0};
    uint64_t state = fill->seed;
    int rc = write_piece(f, hash, fill->head, fill->head_n);
    for (int64_t left = fill->size - (int64_t)fill->head_n; left > 0 && rc == 0;) {
        size_t n = left < (int64_t)sizeof piece ? (size_t)left : sizeof piece;
        if (fill->seed)
            filler(&state, piece, sizeof piece);
        rc = write_piece(f, hash, piece, n);
        left -= (int64_t)n;
    }
    return rc;
}

int hub_stored_fill(struct hub_world *h, const struct hub_fill *fill, char sha256[HUB_SHA256])
{
    char path[HUB_STORE_PATH];
    hub_stored_path(h, "fill", path);
    struct hub_hash *hash = hub_hash_new();
    FILE *f = hash ? fopen(path, "wbe") : NULL;
    int rc = f ? write_fill(f, hash, fill) : -1;
    if (f && fclose(f) != 0)
        rc = -1;
    if (hub_hash_end(hash, sha256) != 0)
        rc = -1;
    if (rc == 0)
        rc = hub_stored_take(h, path, sha256, fill->size);
    if (rc != 0)
        unlink(path);
    return rc;
}

/* ---- weights --------------------------------------------------------------------------------- */

struct shapes { /* of a Llama model */
    int64_t layers, hidden, middle, vocabulary, q, kv;
};

static int read_shapes(const struct json *config, struct shapes *s)
{
    int64_t heads = json_int(config, "num_attention_heads", 0);
    s->layers = json_int(config, "num_hidden_layers", 0);
    s->hidden = json_int(config, "hidden_size", 0);
    s->middle = json_int(config, "intermediate_size", 0);
    s->vocabulary = json_int(config, "vocab_size", 0);
    if (heads < 1 || s->layers < 1 || s->hidden < 1 || s->middle < 1 || s->vocabulary < 1 ||
        heads > 1024 || s->layers > 1024 || s->hidden > 1 << 20 || s->middle > 1 << 24 ||
        s->vocabulary > 1 << 24)
        return -1;
    int64_t width = json_int(config, "head_dim", s->hidden / heads);
    int64_t kv_heads = json_int(config, "num_key_value_heads", heads);
    if (width < 1 || width > 1 << 16 || kv_heads < 1 || kv_heads > heads)
        return -1;
    s->q = heads * width;
    s->kv = kv_heads * width;
    return 0;
}

/* One tensor of two bytes a number behind those before it; columns 0 = a vector. */
static void tensor(struct buf *out, int64_t *end, const char *name, int64_t rows, int64_t columns)
{
    int64_t begin = *end;
    *end += 2 * rows * (columns ? columns : 1);
    buf_printf(out, ",\"%s\":{\"dtype\":\"BF16\",\"shape\":[%" PRId64, name, rows);
    if (columns)
        buf_printf(out, ",%" PRId64, columns);
    buf_printf(out, "],\"data_offsets\":[%" PRId64 ",%" PRId64 "]}", begin, *end);
}

static void layer(struct buf *out, int64_t *end, const struct shapes *s, int64_t number)
{
    const struct {
        const char *name;
        int64_t rows, columns;
    } parts[] = {{"input_layernorm", s->hidden, 0}, {"mlp.down_proj", s->hidden, s->middle},
        {"mlp.gate_proj", s->middle, s->hidden}, {"mlp.up_proj", s->middle, s->hidden},
        {"post_attention_layernorm", s->hidden, 0}, {"self_attn.k_proj", s->kv, s->hidden},
        {"self_attn.o_proj", s->hidden, s->q}, {"self_attn.q_proj", s->q, s->hidden},
        {"self_attn.v_proj", s->kv, s->hidden}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char name[96];
        snprintf(name, sizeof name, "model.layers.%" PRId64 ".%s.weight", number, parts[i].name);
        tensor(out, end, name, parts[i].rows, parts[i].columns);
    }
}

int hub_llama_header(const struct json *config, struct buf *out, int64_t *size)
{
    struct shapes s;
    struct buf json;
    int64_t end = 0;
    if (read_shapes(config, &s) != 0)
        return -1;
    buf_init(&json, 4 * 1024 * 1024);
    buf_str_append(&json, "{\"__metadata__\":{\"format\":\"pt\"}");
    if (!json_bool(config, "tie_word_embeddings", false))
        tensor(&json, &end, "lm_head.weight", s.vocabulary, s.hidden);
    tensor(&json, &end, "model.embed_tokens.weight", s.vocabulary, s.hidden);
    for (int64_t i = 0; i < s.layers; i++)
        layer(&json, &end, &s, i);
    tensor(&json, &end, "model.norm.weight", s.hidden, 0);
    buf_char(&json, '}');
    while (json.len % 8 != 0 && !json.full)
        buf_char(&json, ' ');
    for (size_t i = 0; i < 8; i++)
        buf_char(out, (char)(json.len >> (8 * i) & 255));
    buf_append(out, buf_str(&json), json.len);
    *size = (int64_t)(8 + json.len) + end;
    int rc = json.full || out->full ? -1 : 0;
    buf_release(&json);
    return rc;
}
