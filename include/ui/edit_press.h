/* edit_press: the keys of a line that is typed in: one meaning everywhere (forms, the chat, prompts).
 * Letters are inserted; arrows, Home, End, Ctrl-A E B F move; Backspace, Delete, Ctrl-W U K D delete. */
#ifndef SLIPWAY_UI_EDIT_PRESS_H
#define SLIPWAY_UI_EDIT_PRESS_H

#include "ui/edit.h"

#include <stdint.h>

enum edit_reply { EDIT_IGNORED, EDIT_MOVED, EDIT_CHANGED };

/* EDIT_IGNORED: not a key of the editor; the caller may mean something else by it. A key of the editor
 * that does nothing here (Backspace in an empty line) counts as EDIT_MOVED. */
enum edit_reply edit_press(struct edit *e, int32_t press);

#endif
