/* theme_role: what a colour is for. Themes give each role a look; nothing else knows colours. */
#ifndef SLIPWAY_UI_THEME_ROLE_H
#define SLIPWAY_UI_THEME_ROLE_H

/* name in theme files, letter in golden screens */
#define ROLES(X)                                                                                   \
    X(NORMAL, "normal", '.')                                                                       \
    X(TITLE, "title", 't')                                                                         \
    X(FRAME, "frame", 'f')                                                                         \
    X(FRAME_FOCUSED, "frame-focused", 'F')                                                         \
    X(LABEL, "label", 'l')                                                                         \
    X(FAINT, "faint", '-')                                                                         \
    X(CURSOR, "cursor", 'C')                                                                       \
    X(MARKED, "marked", 'M')                                                                       \
    X(OK, "ok", 'o')                                                                               \
    X(ACTIVE, "active", 'a')                                                                       \
    X(WARNING, "warning", 'w')                                                                     \
    X(BAD, "bad", 'b')                                                                             \
    X(STALE, "stale", 's')                                                                         \
    X(KEY, "key", 'k')                                                                             \
    X(MONEY, "money", '$')                                                                         \
    X(PROFILE, "profile", 'p')                                                                     \
    X(PROFILE_PRODUCTION, "profile-production", 'P')                                               \
    X(INPUT, "input", 'i')                                                                         \
    X(TOAST, "toast", 'T')                                                                         \
    X(CHART, "chart", 'c')

enum role {
#define X(name, word, letter) ROLE_##name,
    ROLES(X)
#undef X
        ROLE_COUNT
};

#endif
