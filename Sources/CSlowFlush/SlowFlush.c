// Waits in front of every flush of the program that this library is loaded into, as a slower disk would make it wait.
// The time stands in microseconds in QUORATE_FLUSH_DELAY_US.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

static void linger(void) {
    const char *text = getenv("QUORATE_FLUSH_DELAY_US");
    long microseconds = text ? atol(text) : 0;
    if (microseconds <= 0) return;
    struct timespec rest = {microseconds / 1000000, (microseconds % 1000000) * 1000};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
}

int fdatasync(int descriptor) {
    int (*original)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    linger();
    return original(descriptor);
}

int fsync(int descriptor) {
    int (*original)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    linger();
    return original(descriptor);
}
