/* A config.ini to begin with: every key, explained, and nothing set. */
#include "app/config.h"

static const char text[] =
    "# Slipway's settings. This file is read only with mode 0600. What is commented out shows the\n"
    "# form; nothing has to be set. Environment variables overrule this file, flags overrule both.\n"
    "\n"
    "[profile default]\n"
    "# runpod_api_key = rpa_...          ; or RUNPOD_API_KEY, or ~/.runpod/config.toml\n"
    "# hf_token = hf_...                 ; or HF_TOKEN, or the Hub's token file\n"
    "# database_url = postgresql://USER:PASSWORD@HOST:5432/NAME ; or SLIPWAY_DATABASE_URL\n"
    "# database_ca = ~/certs/database.pem ; whom to trust for it\n"
    "# user_id = 00000000-0000-0000-0000-000000000000 ; whose rows in a shared database\n"
    "# budget = 250                      ; dollars a month\n"
    "# color = cyan                      ; of the profile's name in the first line\n"
    "# production = yes                  ; shows the name reversed\n"
    "# read_only = yes                   ; nothing can be changed with this profile\n"
    "# runpod_api_base_url = https://api.runpod.io\n"
    "# runpod_endpoint_base_url = https://api.runpod.ai/v2\n"
    "# hf_endpoint = https://huggingface.co\n"
    "\n"
    "[ui]\n"
    "# theme = dark                      ; dark, light, mono, or a file\n"
    "# ascii = yes                       ; no line drawing\n"
    "# no_color = yes                    ; or NO_COLOR\n"
    "\n"
    "[keys]\n"
    "# upload = U                        ; an action's name as behind ':', and its keys\n";

int config_starter(struct buf *out)
{
    return buf_append(out, text, sizeof text - 1);
}
