/* hub: the Hugging Face Hub that slipway-sim plays (spec/huggingface.md).
 *
 * Repositories live in memory, contents of files in the store folder under their sha-256, so that
 * uploads of many gigabytes work. Everything runs with the world's lock held (only joining the
 * parts of an upload gives it up meanwhile); everything is freed with the world.
 *
 *   hub_routes.c    the table of routes; admission     hub_lfs.c        batch, verify
 *   hub_caller.c    accounts, tokens, rights           hub_objects.c    behind presigned URLs
 *   hub_reply.c    errors, pages, who means what      hub_multipart.c, hub_multipart_hash.c   parts
 *   hub_rate.c      quotas                             hub_presign.c    signed URLs
 *   hub_account.c   whoami, auth-check, validate-yaml  hub_resolve.c    resolve, raw
 *   hub_repo.c      create, delete, move, settings     hub_tree.c       tree, paths-info, treesize
 *   hub_refs.c      refs, branches, tags, commits      hub_preupload.c  preupload
 *   hub_info.c      a repository's page                hub_commit.c     commit: who, onto what
 *   hub_list.c      lists of repositories              hub_commit_read.c        its NDJSON
 *   hub_facts.c     tags, task, parameter counts       hub_commit_apply.c      what it makes of the files
 *   hub_seed.c      the scenario's repositories        hub_store.c, hub_files.c, hub_history.c,
 *   hub_state.c     the truth, for tests               hub_content.c, hub_spare.c   what is kept
 *   hub_model.c     what a model is made of, for the RunPod side
 *   hub_git.c, hub_rules.c, hub_attributes.c, hub_card.c, hub_yaml.c, hub_yaml_flow.c   pure rules
 *
 * A scenario may have the key "hub", an object; every member is optional:
 *   "repos"   array; absent = acme/tiny-base (public, a complete small Llama model) and
 *             meridian/meridian-1b (gated). Each: "id" "owner/name"; "type" "model" | "dataset" |
 *             "space"; "private", "disabled" (booleans); "gated" "auto" | "manual"; "granted"
 *             array of user names let through the gate; "likes", "downloads"; "created_days_ago"
 *             (30); "author" (the owner); "commit" title of the second commit; "files" object of
 *             path → content:
 *               "text"                          as it stands
 *               {"json": …}                     printed
 *               {"base64": "…"}                 decoded
 *               {"fill": BYTES}                 so many bytes of repeatable filler, as LFS
 *               {"weights_of": "config.json"}   a valid safetensors file (zeros) of a Llama model
 *                                               with the sizes of that {"json": …} file, as LFS
 *             Files become LFS by the rule of preupload. .gitattributes is always there.
 *   "users"   array of {"name", "fullname", "email", "isPro", "canPay", "orgs": [{"name",
 *             "fullname", "roleInOrg" admin | write | contributor | read | no_access, "plan",
 *             "securityRestrictions"}]}; the first is who unlisted tokens belong to. Absent = ada,
 *             who may write in acme and read in readers.
 *   "tokens"  array of {"token", "user", "role" read | write | fineGrained | revoked,
 *             "displayName", "scoped": [{"entity": {"name", "type"}, "permissions":
 *             ["repo.write", "repo.content.read"]}], "canReadGatedRepos"}. A token that is not
 *             listed is good when the sim's key ring accepts it (POST /_sim/keys; per default
 *             any): it writes, or only reads when the ring says so or it begins with "hf_read".
 *   "rate_api" (1000; anonymous 500), "rate_resolvers" (5000; 3000), "rate_window_s" (300),
 *   "commits_per_hour" (320): quotas, in real time
 *   "facts_delay_s" (5): simulated seconds until tags, task, library and parameter counts of a new
 *             commit are seen
 *   "multipart_chunk" (16000000), "multipart_threshold" (as chunk): larger objects come in parts,
 *             when the client offers that
 *   "spare_mb" (0): so much of deleted content is kept to be written over, also by later worlds: where
 *             fresh memory or disk is slow, the second upload is measured without it
 *   "url_seconds" (900): real seconds that presigned URLs are good
 *   "storage_host": host name in presigned URLs instead of the Hub's own ("localhost"): then a key
 *             sent along with a download is refused, too
 *   "tree_page" (1000; 50 expanded): entries a page of the tree
 *   "create_conflicts" (0): so many creations answer 409 "another conflicting operation" first */
#ifndef SLIPWAY_SIM_HUB_H
#define SLIPWAY_SIM_HUB_H

#include "base/err.h"
#include "base/json.h"
#include "sim/sim.h"

struct hub_world;

/* `scenario` is the whole of it, borrowed for the call; NULL = the default world. */
struct hub_world *hub_world_new(struct sim *s, const struct json *scenario, struct err *e);
void hub_world_free(struct hub_world *h);

/* The truth, for GET /_sim/state: {"repos": [{"id", "type", "private", "gated", "head", "title",
 * "commits", "refs": {name: commit}, "files": [{"path", "size", "lfs", "oid", "sha256"}] of main,
 * "objects": [{"oid", "size"}]}], "uploads": [{"oid", "size", "chunk", "parts", "state",
 * "received": [part numbers]}]}. */
struct json *hub_state(struct sim *s);

/* What a model is made of, for the workers that load it (hub_model.c). Where config.json does not
 * tell, a number is 0 and a word "". */
struct hub_model {
    const char *lacks; /* why it cannot be loaded: "revision", "config", "weights"; NULL = it can */
    bool closed;       /* gated or private */
    int64_t bytes;     /* of its weight files */
    int files;         /* how many there are */
    double kv_kib;     /* KV cache a token, at two bytes a number */
    int64_t max_len;   /* context */
    char architecture[64];
};
/* False when the Hub (NULL = none) has no model repository of that name; revision NULL = main. */
bool hub_model_facts(
    struct hub_world *h, const char *id, const char *revision, struct hub_model *out);

#endif
