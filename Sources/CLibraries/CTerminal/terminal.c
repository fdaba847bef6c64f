#include "CTerminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static struct {
    int tty;
    struct termios modes;
    unsigned char bytes[4096];
    size_t count;
    int standard_output;
    int standard_error;
    char crash_note[1024];
} saved;
static atomic_bool armed;
static atomic_bool expecting_reply;

static struct {
    int number;
    const char *name;
    struct sigaction before;
} crashes[] = {
    {SIGSEGV, "SIGSEGV", {{0}}}, {SIGILL, "SIGILL", {{0}}},   {SIGTRAP, "SIGTRAP", {{0}}}, {SIGBUS, "SIGBUS", {{0}}},
    {SIGABRT, "SIGABRT", {{0}}}, {SIGFPE, "SIGFPE", {{0}}},   {SIGQUIT, "SIGQUIT", {{0}}}, {SIGSYS, "SIGSYS", {{0}}},
};
static const size_t crash_count = sizeof crashes / sizeof *crashes;

int cterminal_arm(int tty, const struct termios *modes, const void *bytes, size_t count, int standard_output, int standard_error,
                  const char *crash_note) {
    if (count > sizeof saved.bytes || strlen(crash_note) >= sizeof saved.crash_note) {
        errno = EMSGSIZE;
        return -1;
    }
    atomic_store(&armed, false);
    saved.tty = tty;
    saved.modes = *modes;
    memcpy(saved.bytes, bytes, count);
    saved.count = count;
    saved.standard_output = standard_output;
    saved.standard_error = standard_error;
    strcpy(saved.crash_note, crash_note);
    atomic_store(&armed, true);
    return 0;
}

static long milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

bool cterminal_is_armed(void) { return atomic_load(&armed); }

static bool restore(bool is_crash) {
    if (!atomic_exchange(&armed, false)) return false;
    int error = errno;
    // Other threads run on. Whoever is writing to the terminal at this moment finishes first; after that nobody starts.
    if (is_crash) nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    // A process in the background may change the terminal's modes only with SIGTTOU blocked; it would be stopped otherwise.
    sigset_t background, mask;
    sigemptyset(&background);
    sigaddset(&background, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &background, &mask);
    long deadline = milliseconds() + 500;
    size_t written = 0;
    while (written < saved.count) {
        ssize_t count = write(saved.tty, saved.bytes + written, saved.count - written);
        if (count > 0) {
            written += (size_t)count;
        } else if (count < 0 && errno == EINTR) {
            continue;
        } else if (count < 0 && errno == EAGAIN) {
            long left = deadline - milliseconds();
            if (left <= 0) break;
            struct pollfd ready = {.fd = saved.tty, .events = POLLOUT};
            poll(&ready, 1, (int)left);
        } else {
            break;
        }
    }
    // Answers that are on their way would become a command line. Only those that come soon can be waited for here.
    if (atomic_load(&expecting_reply)) {
        struct pollfd ready = {.fd = saved.tty, .events = POLLIN};
        unsigned char dropped[256];
        int patience = 200;
        for (int replies = 0; replies < 16 && poll(&ready, 1, patience) > 0; replies++) {
            if (read(saved.tty, dropped, sizeof dropped) <= 0) break;
            patience = 40;
        }
    }
    tcsetattr(saved.tty, TCSANOW, &saved.modes);
    tcflush(saved.tty, TCIFLUSH);
    if (saved.standard_output >= 0) dup2(saved.standard_output, 1);
    if (saved.standard_error >= 0) dup2(saved.standard_error, 2);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    errno = error;
    return true;
}

bool cterminal_restore(void) { return restore(false); }

static void say(const char *text) {
    if (write(2, text, strlen(text)) < 0) return;
}

static void crashed(int number) {
    bool restored = restore(true);
    for (size_t index = 0; index < crash_count; index++) {
        if (crashes[index].number != number) continue;
        if (restored) {
            say("glyphone: ended by ");
            say(crashes[index].name);
            say(saved.crash_note);
            say("\n");
        }
        sigaction(number, &crashes[index].before, NULL);
    }
    // Blocked until this handler returns; then it does what it would have done without us.
    raise(number);
}

void cterminal_expect_reply(bool expected) { atomic_store(&expecting_reply, expected); }

int cterminal_catch_crashes(bool keep_handlers) {
    // SIGSTKSZ is no constant any more; 64 KiB hold what the kernel saves on any processor and the few frames here.
    static unsigned char alternate[65536];
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate, .ss_flags = 0};
    if (sigaltstack(&stack, NULL) != 0) return -1;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = crashed;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (size_t index = 0; index < crash_count; index++) {
        struct sigaction before;
        if (sigaction(crashes[index].number, &action, &before) != 0) return -1;
        if (before.sa_handler == crashed) continue;
        memset(&crashes[index].before, 0, sizeof before);
        if (keep_handlers) crashes[index].before = before;
    }
    return 0;
}

static atomic_int forward_descriptor = -1;
static atomic_int untaken;
static atomic_int continued;

static void forwarded(int number) {
    int error = errno;
    if (number == SIGCONT) atomic_fetch_add(&continued, 1);
    if ((number == SIGTERM || number == SIGINT || number == SIGHUP) && atomic_fetch_add(&untaken, 1) >= 3) {
        cterminal_restore();
        _exit(128 + number);
    }
    unsigned char byte = (unsigned char)number;
    if (write(atomic_load(&forward_descriptor), &byte, 1) < 0) errno = 0;
    errno = error;
}

int cterminal_forward(int number, int descriptor) {
    atomic_store(&forward_descriptor, descriptor);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = forwarded;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    return sigaction(number, &action, NULL);
}

void cterminal_signals_taken(void) { atomic_store(&untaken, 0); }

void cterminal_stop(int descriptor) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTSTP, &action, NULL);
    int before = atomic_load(&continued);
    // To the whole group, as the terminal would: a shell script that runs us is to stop as well.
    kill(0, SIGTSTP);
    // Another thread may take the signal, and this one run on for a moment: the terminal must not be taken again before the stop.
    // Where nobody could let the process go on (its group is orphaned) the system does not stop it; that is found out by waiting.
    for (int waits = 0; waits < 20 && atomic_load(&continued) == before; waits++) {
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    }
    cterminal_forward(SIGTSTP, descriptor);
}

int cterminal_size(int tty, int *columns, int *rows, int *width, int *height) {
    struct winsize size;
    memset(&size, 0, sizeof size);
    if (ioctl(tty, TIOCGWINSZ, &size) != 0) return -1;
    *columns = size.ws_col;
    *rows = size.ws_row;
    *width = size.ws_xpixel;
    *height = size.ws_ypixel;
    return 0;
}

int cterminal_queued(int tty) {
    int count = 0;
    return ioctl(tty, TIOCOUTQ, &count) == 0 ? count : 0;
}
