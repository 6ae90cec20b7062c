// Stands before the flushes and writes of the program that this library is loaded into: as a slower disk it makes them wait, as a
// broken one it fails them, as a full one it lets no file get longer.
//
// QUORATE_FLUSH_DELAY_US holds a time for every flush, in microseconds. QUORATE_FLUSH_CONTROL names a file of four 64-bit numbers
// in the machine's own byte order that may be changed while the program runs: microseconds that a flush takes longer, the error
// number with which flushes fail, the one with which writes to files fail, and 1 for a full disk; 0 is none.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct control {
    volatile int64_t delay_us;
    volatile int64_t flush_error;
    volatile int64_t write_error;
    volatile int64_t is_full;
};

static const struct control nothing;
static const struct control *control = &nothing;
static int64_t constant_delay_us;

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("QUORATE_FLUSH_DELAY_US");
    if (text) constant_delay_us = atoll(text);
    const char *path = getenv("QUORATE_FLUSH_CONTROL");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *place = mmap(0, sizeof(struct control), PROT_READ, MAP_SHARED, file, 0);
    if (place != MAP_FAILED) control = place;
    close(file);
}

// The system's own function of this name, looked up once; whoever races for it finds the same.
#define ORIGINAL(name) \
    ({ \
        static __typeof__(&name) found; \
        if (!found) found = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
        found; \
    })

// Waits, then returns 0, or -1 if the flush is to fail.
static int pass_flush(void) {
    int64_t microseconds = constant_delay_us + control->delay_us;
    struct timespec rest = {microseconds / 1000000, (microseconds % 1000000) * 1000};
    while (microseconds > 0 && nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
    if (control->flush_error == 0) return 0;
    errno = (int)control->flush_error;
    return -1;
}

// Only regular files lie on the disk; the first three descriptors are for what the program says. `at` is -1 for the file's own
// place.
static int pass_write(int descriptor, off_t at, off_t length) {
    if (control->write_error == 0 && control->is_full == 0) return 0;
    int before = errno;
    struct stat found;
    if (descriptor <= 2 || fstat(descriptor, &found) != 0 || !S_ISREG(found.st_mode)) {
        errno = before;
        return 0;
    }
    if (control->write_error != 0) {
        errno = (int)control->write_error;
        return -1;
    }
    off_t begin = at >= 0 ? at : lseek(descriptor, 0, SEEK_CUR);
    errno = before;
    if (begin < 0 || begin + length <= found.st_size) return 0;
    errno = ENOSPC;
    return -1;
}

static off_t length_of(const struct iovec *pieces, int count) {
    off_t length = 0;
    for (int i = 0; i < count; i++) length += (off_t)pieces[i].iov_len;
    return length;
}

int fdatasync(int descriptor) { return pass_flush() != 0 ? -1 : ORIGINAL(fdatasync)(descriptor); }
int fsync(int descriptor) { return pass_flush() != 0 ? -1 : ORIGINAL(fsync)(descriptor); }

ssize_t pwritev(int descriptor, const struct iovec *pieces, int count, off_t at) {
    return pass_write(descriptor, at, length_of(pieces, count)) != 0 ? -1 : ORIGINAL(pwritev)(descriptor, pieces, count, at);
}

ssize_t pwritev2(int descriptor, const struct iovec *pieces, int count, off_t at, int flags) {
    if (pass_write(descriptor, at, length_of(pieces, count)) != 0) return -1;
    if ((flags & (RWF_DSYNC | RWF_SYNC)) != 0 && pass_flush() != 0) return -1;
    return ORIGINAL(pwritev2)(descriptor, pieces, count, at, flags);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t at) {
    return pass_write(descriptor, at, (off_t)count) != 0 ? -1 : ORIGINAL(pwrite)(descriptor, bytes, count, at);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    return pass_write(descriptor, -1, (off_t)count) != 0 ? -1 : ORIGINAL(write)(descriptor, bytes, count);
}

int fallocate(int descriptor, int mode, off_t at, off_t length) {
    return pass_write(descriptor, at, length) != 0 ? -1 : ORIGINAL(fallocate)(descriptor, mode, at, length);
}
