#ifndef CTERMINAL_H
#define CTERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

// What must work in a signal handler, where no Swift may run: giving the terminal back, and passing signals on.
// All of it is about the one terminal of the process.

// Says what gives the terminal back: modes, and bytes to write. `standard_output` and `standard_error`, unless negative,
// are put back as descriptors 1 and 2. `crash_note` is written to descriptor 2 after a crash. Bytes and note are copied; those that do
// not fit (4096 and 1024 bytes) make it fail. Returns 0, or -1 with errno.
int cterminal_arm(int tty, const struct termios *modes, const void *bytes, size_t count, int standard_output,
                  int standard_error, const char *crash_note);

// Gives the terminal back, at most once after each cterminal_arm. Async-signal-safe. A terminal that takes nothing is given up after half
// a second. Returns whether there was something to give back.
bool cterminal_restore(void);

// Whether the terminal is ours: once it was given back, nothing may be written to it.
bool cterminal_is_armed(void);

// Says whether the terminal has been asked something and has not answered yet.
void cterminal_expect_reply(bool expected);

// Makes SIGSEGV, SIGILL, SIGTRAP, SIGBUS, SIGABRT, SIGFPE, SIGQUIT and SIGSYS give the terminal back, then end the process as they do by
// default, or, with `keep_handlers`, do what they did before. This thread gets an alternate stack, so that its overflow is survived as well.
int cterminal_catch_crashes(bool keep_handlers);

// Makes `signal` write its number, as one byte, into `descriptor`. If three have been written and not been taken
// (cterminal_signals_taken), SIGTERM, SIGINT and SIGHUP give the terminal back and end the process.
int cterminal_forward(int signal, int descriptor);
void cterminal_signals_taken(void);

// Lets SIGTSTP stop the process, and forwards it again once the process goes on.
void cterminal_stop(int descriptor);

// TIOCGWINSZ.
int cterminal_size(int tty, int *columns, int *rows, int *width, int *height);

// TIOCOUTQ: bytes that the system holds for the terminal; 0 where it does not tell.
int cterminal_queued(int tty);

#endif
