// Starts programs that can't outlive the thread that started them; the declarations stand in CLinux.h.
// Between vfork and execve only system calls are made, and the parent's thread sleeps, so nothing of its memory is disturbed.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1u << 2)
#endif

struct order {
    const char *program;
    char *const *arguments;
    char *const *environment;
    int output;
    int death_signal;
    pid_t parent;
    volatile int failure;
};

static void become(struct order *order) {
    // A group of its own: Ctrl-C in the terminal reaches the tool, which then ends its children in order.
    if (setpgid(0, 0) < 0) goto failed;
    if (prctl(PR_SET_PDEATHSIG, (unsigned long)order->death_signal) < 0) goto failed;
    // The parent may have been killed before the line above took effect; then nobody would end this process any more.
    if (getppid() != order->parent) _exit(127);
    int nothing = open("/dev/null", O_RDWR);
    if (nothing < 0 || dup2(nothing, 0) < 0) goto failed;
    int output = order->output >= 0 ? order->output : nothing;
    if (dup2(output, 1) < 0 || dup2(output, 2) < 0) goto failed;
    // What another thread of the parent has just opened without close-on-exec would otherwise leak into the child.
    syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
    struct sigaction usual = {.sa_handler = SIG_DFL};
    for (int number = 1; number < 65; number++) sigaction(number, &usual, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
    execve(order->program, order->arguments, order->environment);
failed:
    order->failure = errno;
    _exit(127);
}

int quorate_spawn(
    const char *program, char *const arguments[], char *const environment[], int output, int death_signal) {
    struct order order = {program, arguments, environment, output, death_signal, getpid(), 0};
    // A handler of the parent must not run in the child while both share their memory.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = vfork();
    if (child == 0) become(&order);
    int failure = child < 0 ? errno : order.failure;
    pthread_sigmask(SIG_SETMASK, &before, 0);
    if (child > 0 && failure != 0) {
        // The child has ended without ever being the program; take it out of the process table.
        while (syscall(SYS_wait4, child, 0, 0, 0) < 0 && errno == EINTR) {}
    }
    return failure != 0 ? -failure : child;
}

int64_t quorate_process_cpu_of(int pid) {
    clockid_t clock;
    int failure = clock_getcpuclockid(pid, &clock);
    if (failure != 0) return -failure;
    struct timespec time;
    if (clock_gettime(clock, &time) < 0) return -errno;
    return (int64_t)time.tv_sec * 1000000000 + (int64_t)time.tv_nsec;
}
