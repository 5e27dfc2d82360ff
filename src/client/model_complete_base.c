/* Which files of the base model are wanted. A tokenizer is taken whole or not at all: files that say the same
 * in another form (tokenizer.model beside tokenizer.json), and those that the folder's own make needless, are
 * never mixed with the folder's, because loaders then take whichever they like best, and training may have
 * changed the folder's. An adapter takes nothing: it is served with its base model's files. */
#include "client/model_complete_internal.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum want { WANTED, IF_THERE }; /* whether its absence is told */

/* ---- taking one file ------------------------------------------------------------------------- */

static void note_lack(struct complete *c, const char *name)
{
    complete_note(c, "%s: %s", name, base_lack_words(c));
}

static int open_for_check(const struct check_file *line, const struct base_file *file)
{
    return line->raw_source ? open(line->raw_source, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
                            : dup(file->fd);
}

/* Looks into what is staged (or, when nothing is, into the cache). False when it is no good. */
static bool check(struct complete *c, struct check_file *line, const struct base_file *file)
{
    int fd = open_for_check(line, file);
    if (fd >= 0) {
        complete_check(c, line, fd);
        close(fd);
        if (line->state != CHECK_BAD)
            return true;
    } else {
        complete_say(c, line, "cannot be read");
    }
    complete_note(c, "%s: %s", line->path.s, line->result.s);
    if (line->raw_source)
        (void)unlink(line->raw_source);
    return false;
}

static int add(
    struct complete *c, const char *name, enum base_got got, const struct base_file *file)
{
    struct check_file line = complete_new_line(c, name, CHECK_FROM_BASE, file->size);
    if (!line.raw_path)
        return err_set(c->error, ERR_IO, 0, "out of memory for the completion");
    complete_say(c, &line, "from %s@%.8s", c->base.id, file->commit);
    if (got == BASE_SIZED)
        return complete_put(c, &line);
    if (complete_stage(c, &line, &file->bytes))
        return -1;
    return check(c, &line, file) ? complete_put(c, &line) : 0;
}

/* *taken tells whether the list has it now. */
static int take(struct complete *c, const char *name, enum want want, bool *taken)
{
    struct base_file file;
    size_t before = c->out->added;
    enum base_got got = base_get(c, name, false, true, &file);
    *taken = false;
    if (got == BASE_FAILED)
        return -1;
    if (got == BASE_LACKS && want == WANTED)
        note_lack(c, name);
    if (got == BASE_LACKS || got == BASE_REFUSED)
        return 0;
    int rc = add(c, name, got, &file);
    base_file_release(&file);
    *taken = c->out->added > before;
    return rc;
}

/* ---- the tokenizer --------------------------------------------------------------------------- */

static void untake(struct complete *c, const char *name)
{
    struct check_file *line = complete_line(c, name);
    if (line && line->raw_source)
        (void)unlink(line->raw_source);
    complete_drop(c, name);
    c->out->added--;
}

/* vocab.json and merges.txt are halves of one. */
static int take_pair(struct complete *c, bool *taken)
{
    bool merges = false;
    if (take(c, "vocab.json", IF_THERE, taken))
        return -1;
    if (!*taken)
        return 0;
    if (take(c, "merges.txt", WANTED, &merges))
        return -1;
    if (!merges)
        untake(c, "vocab.json");
    *taken = merges;
    return 0;
}

/* The newest form that the base model has; the line of the missing tokenizer.json stands for any. */
static int take_tokenizer(struct complete *c, bool *taken)
{
    size_t noted = c->out->note_count;
    *taken = false;
    if (complete_has(c, "tokenizer.json") || complete_has(c, "tokenizer.model") ||
        complete_has(c, "vocab.json"))
        return 0;
    if (take(c, "tokenizer.json", IF_THERE, taken))
        return -1;
    if (*taken)
        return 0;
    if (take(c, "tokenizer.model", IF_THERE, taken) || (!*taken && take_pair(c, taken)))
        return -1;
    if (*taken)
        complete_drop(c, "tokenizer.json");
    else if (c->out->note_count == noted)
        note_lack(c, "tokenizer.json");
    return 0;
}

/* 1 = the same, 0 = not, or nobody knows, -1 = the end. */
static int same_as_base(struct complete *c, const char *name)
{
    struct base_file theirs;
    struct buf ours;
    const struct check_file *own = complete_own(c, name);
    enum base_got got = own ? base_get(c, name, true, false, &theirs) : BASE_LACKS;
    if (got != BASE_GOT)
        return got == BASE_FAILED ? -1 : 0;
    buf_init(&ours, theirs.bytes.len + 1);
    bool same = complete_read_own(c, own, &ours) == 0 && ours.len == theirs.bytes.len &&
                memcmp(buf_str(&ours), buf_str(&theirs.bytes), ours.len) == 0;
    buf_release(&ours);
    base_file_release(&theirs);
    return same;
}

/* Merges of another vocabulary would cut text into pieces that this one does not have. */
static int take_merges(struct complete *c)
{
    const struct check_file *line = complete_line(c, "merges.txt");
    bool taken;
    if (!line || line->state != CHECK_MISSING)
        return 0;
    int same = same_as_base(c, "vocab.json");
    if (same == 0)
        complete_note(c, "merges.txt: the folder's vocab.json is not that of %s", c->base.id);
    return same == 1 ? take(c, "merges.txt", WANTED, &taken) : same;
}

/* ---- special tokens -------------------------------------------------------------------------- */

/* Whether the folder's tokenizer_config.json says itself which tokens are special, as those of
 * transformers 5 do, which writes no other file for it. */
static bool config_names_tokens(const struct complete *c)
{
    const struct check_file *own = complete_own(c, "tokenizer_config.json");
    struct buf b;
    buf_init(&b, FOLDER_SMALL_MAX);
    struct json *j =
        own && complete_read_own(c, own, &b) == 0 ? json_parse(buf_str(&b), b.len, NULL) : NULL;
    enum json_kind kind = json_kind(json_get(j, "eos_token"));
    json_free(j);
    buf_release(&b);
    return kind == JSON_STRING || kind == JSON_OBJECT;
}

static int take_special(struct complete *c, bool own_tokenizer)
{
    const char *map = "special_tokens_map.json", *added = "added_tokens.json";
    bool taken, config = complete_own(c, "tokenizer_config.json") ||
                         complete_there(c, "tokenizer_config.json");
    if (!complete_has(c, map)) {
        if (!config || (complete_own(c, "tokenizer_config.json") && !config_names_tokens(c))) {
            if (take(c, map, IF_THERE, &taken))
                return -1;
        } else if (base_seems_to_have(c, map)) {
            complete_note(c, "%s: tokenizer_config.json names the special tokens itself", map);
        }
    }
    if (complete_has(c, added))
        return 0;
    if (!own_tokenizer)
        return take(c, added, IF_THERE, &taken);
    if (base_seems_to_have(c, added))
        complete_note(c, "%s: the model has a tokenizer of its own, which holds its tokens", added);
    return 0;
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* `own_template`: the folder had a template before anything was taken. */
static int take_template(struct complete *c, bool own_template)
{
    bool taken, hidden = !complete_own(c, "tokenizer_config.json") &&
                         complete_there(c, "tokenizer_config.json");
    const char *name = "chat_template.jinja";
    if (complete_has(c, name) || own_template)
        return 0;
    if (hidden) {
        complete_note(c, "%s: the repository's tokenizer_config.json may hold one", name);
        return 0;
    }
    if (take(c, name, c->facts.chat_template ? IF_THERE : WANTED, &taken))
        return -1;
    if (!taken && c->facts.chat_template)
        complete_drop(c, name);
    return 0;
}

static int take_if_missing(struct complete *c, const char *name)
{
    bool taken;
    return complete_has(c, name) ? 0 : take(c, name, WANTED, &taken);
}

static int take_all(struct complete *c)
{
    bool tokenizer, own_template = c->facts.chat_template;
    if (take_tokenizer(c, &tokenizer) || (!tokenizer && take_merges(c)) ||
        take_if_missing(c, "tokenizer_config.json") || take_special(c, !tokenizer) ||
        take_template(c, own_template) || take_if_missing(c, "generation_config.json"))
        return -1;
    return 0;
}

/* Whether anything lacks that a base model could give. */
static bool lacks_something(const struct complete *c)
{
    static const char *const names[] = {"tokenizer.json", "merges.txt", "tokenizer_config.json",
        "chat_template.jinja", "generation_config.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct check_file *line = complete_line(c, names[i]);
        if (line && line->state == CHECK_MISSING)
            return true;
    }
    return false;
}

int complete_from_base(struct complete *c)
{
    if (c->base.id)
        return c->facts.adapter ? 0 : take_all(c);
    if (c->base.wrong)
        complete_note(c, "files of the base model: \"%s\" is no model of the Hub", c->base.wrong);
    else if (lacks_something(c) && !c->facts.adapter)
        complete_note(c, "files of the base model: it is not known which that is");
    return 0;
}
