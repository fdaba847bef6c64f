#pragma once

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1

#include <curses.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <term.h>
#include <unistd.h>

// terminfo's names are macros that read a variable; curses.h makes many functions macros; setcchar takes wide strings.

static inline int glyphone_curses_put(int row, int column, const wchar_t *text, attr_t attributes, short pair) {
    cchar_t cell;
    if (setcchar(&cell, text, attributes, pair, NULL) == ERR) return ERR;
    return mvadd_wch(row, column, &cell);
}

static inline WINDOW *glyphone_curses_screen(void) { return stdscr; }
static inline attr_t glyphone_curses_bold(void) { return A_BOLD; }
static inline attr_t glyphone_curses_dim(void) { return A_DIM; }
static inline attr_t glyphone_curses_reverse(void) { return A_REVERSE; }
static inline attr_t glyphone_curses_underline(void) { return A_UNDERLINE; }

static inline int glyphone_curses_pair(short pair, short foreground, short background) {
    return init_pair(pair, foreground, background);
}

// A string capability, or NULL where the terminal has none.
static inline const char *glyphone_terminfo_string(const char *name) {
    const char *value = tigetstr(name);
    return value == (const char *)-1 ? NULL : value;
}

static inline void glyphone_curses_set_escape_delay(int milliseconds) { set_escdelay(milliseconds); }

// A file in memory, where a screen's output is caught; NULL if the system has none.
static inline FILE *glyphone_curses_memory_file(void) {
    long descriptor = syscall(SYS_memfd_create, "chrome", 1 /* MFD_CLOEXEC */);
    if (descriptor < 0) return NULL;
    FILE *file = fdopen((int)descriptor, "w+");
    if (!file) close((int)descriptor);
    return file;
}
