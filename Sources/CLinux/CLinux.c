// The system calls behind CLinux.h: waiting, sockets, files, processes. CRC32C has its own file.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define READY_MAX 256

static inline int64_t quorate_result(int64_t value) { return value < 0 ? -(int64_t)errno : value; }

const uint32_t QUORATE_EPOLLIN = EPOLLIN;
const uint32_t QUORATE_EPOLLOUT = EPOLLOUT;
const uint32_t QUORATE_EPOLLERR = EPOLLERR;
const uint32_t QUORATE_EPOLLHUP = EPOLLHUP;
const uint32_t QUORATE_EPOLLRDHUP = EPOLLRDHUP;
const uint32_t QUORATE_EPOLLET = (uint32_t)1 << 31;

int quorate_epoll_create(void) { return (int)quorate_result(epoll_create1(EPOLL_CLOEXEC)); }

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data = {.u64 = data}};
    return (int)quorate_result(epoll_ctl(epoll, operation, fd, &event));
}
int quorate_epoll_add(int epoll, int fd, uint32_t events, uint64_t data) {
    return control(epoll, EPOLL_CTL_ADD, fd, events, data);
}
int quorate_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data) {
    return control(epoll, EPOLL_CTL_MOD, fd, events, data);
}

static int wait_nanoseconds(int epoll, struct epoll_event *events, int capacity, int64_t timeout_ns) {
#ifdef SYS_epoll_pwait2
    static atomic_int lacking = 0;
    if (!atomic_load_explicit(&lacking, memory_order_relaxed)) {
        struct timespec limit = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
        long count = syscall(SYS_epoll_pwait2, epoll, events, capacity, timeout_ns < 0 ? NULL : &limit, NULL, (size_t)0);
        if (count >= 0 || errno != ENOSYS) return (int)count;
        atomic_store_explicit(&lacking, 1, memory_order_relaxed);
    }
#endif
    int64_t milliseconds = timeout_ns < 0 ? -1 : timeout_ns / 1000000 + (timeout_ns % 1000000 != 0);
    if (milliseconds > 0x7fffffff) milliseconds = 0x7fffffff;
    return epoll_wait(epoll, events, capacity, (int)milliseconds);
}

int quorate_epoll_wait(int epoll, quorate_ready *ready, int capacity, int64_t timeout_ns) {
    struct epoll_event events[READY_MAX];
    if (capacity > READY_MAX) capacity = READY_MAX;
    int count = wait_nanoseconds(epoll, events, capacity, timeout_ns);
    if (count < 0) return -errno;
    for (int i = 0; i < count; i++) {
        ready[i].data = events[i].data.u64;
        ready[i].events = events[i].events;
        ready[i].reserved = 0;
    }
    return count;
}

int quorate_eventfd(void) { return (int)quorate_result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int quorate_eventfd_signal(int fd) {
    uint64_t one = 1;
    return write(fd, &one, sizeof one) < 0 && errno != EAGAIN ? -errno : 0;
}

int quorate_eventfd_drain(int fd) {
    uint64_t count;
    return read(fd, &count, sizeof count) < 0 && errno != EAGAIN ? -errno : 0;
}

int quorate_timerfd(void) { return (int)quorate_result(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)); }

int quorate_timerfd_arm(int fd, uint64_t deadline_ns) {
    struct itimerspec when;
    memset(&when, 0, sizeof when);
    when.it_value.tv_sec = (time_t)(deadline_ns / 1000000000u);
    when.it_value.tv_nsec = (long)(deadline_ns % 1000000000u);
    return (int)quorate_result(timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL));
}

int quorate_accept(int listener, void *address, uint32_t *length) {
    socklen_t room = length ? *length : 0;
    int fd = accept4(listener, (struct sockaddr *)address, length ? &room : NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return -errno;
    if (length) *length = room;
    return fd;
}

int quorate_set_no_delay(int fd) {
    int on = 1;
    return (int)quorate_result(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
}

int quorate_set_keep_alive(int fd, int idle_s, int interval_s, int probes, unsigned int user_timeout_ms) {
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) < 0) return -errno;
    if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s) < 0) return -errno;
    if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s) < 0) return -errno;
    if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes) < 0) return -errno;
    return (int)quorate_result(setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof user_timeout_ms));
}

const int QUORATE_O_DIRECT = O_DIRECT;

int64_t quorate_write_through(int file, const struct iovec *pieces, int count, int64_t at) {
    return quorate_result(pwritev2(file, pieces, count, at, RWF_DSYNC));
}
const int QUORATE_O_DSYNC = O_DSYNC;
const int QUORATE_O_CLOEXEC = O_CLOEXEC;
const int QUORATE_O_DIRECTORY = O_DIRECTORY;
const int QUORATE_O_NOFOLLOW = O_NOFOLLOW;

int quorate_fallocate(int fd, int keep_size, int64_t offset, int64_t length) {
    return (int)quorate_result(fallocate(fd, keep_size ? FALLOC_FL_KEEP_SIZE : 0, offset, length));
}

int quorate_punch_hole(int fd, int64_t offset, int64_t length) {
    return (int)quorate_result(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length));
}

// posix_fadvise returns the error itself instead of setting errno.
int quorate_fadvise_dontneed(int fd, int64_t offset, int64_t length) {
    return -posix_fadvise(fd, offset, length, POSIX_FADV_DONTNEED);
}
int quorate_fadvise_sequential(int fd, int64_t offset, int64_t length) {
    return -posix_fadvise(fd, offset, length, POSIX_FADV_SEQUENTIAL);
}
int quorate_fadvise_willneed(int fd, int64_t offset, int64_t length) {
    return -posix_fadvise(fd, offset, length, POSIX_FADV_WILLNEED);
}

int quorate_sync_file_range_write(int fd, int64_t offset, int64_t length) {
    return (int)quorate_result(sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE));
}

int quorate_rename(const char *from, const char *to, int no_replace) {
    return (int)quorate_result(renameat2(AT_FDCWD, from, AT_FDCWD, to, no_replace ? RENAME_NOREPLACE : 0));
}

int64_t quorate_filesystem_magic(const char *path) {
    struct statfs info;
    if (statfs(path, &info) < 0) return -errno;
    return (int64_t)(uint32_t)info.f_type;
}

int quorate_is_memory_filesystem(const char *path) {
    const int64_t tmpfs = 0x01021994, ramfs = 0x858458f6;
    int64_t magic = quorate_filesystem_magic(path);
    return magic < 0 ? (int)magic : magic == tmpfs || magic == ramfs;
}

int64_t quorate_filesystem_available(const char *path) {
    struct statfs info;
    if (statfs(path, &info) < 0) return -errno;
    return (int64_t)info.f_bavail * (int64_t)info.f_bsize;
}

int quorate_pin_thread(int cpu) {
    cpu_set_t set;
    if (cpu < 0 || cpu >= CPU_SETSIZE) return -EINVAL;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return (int)quorate_result(sched_setaffinity(0, sizeof set, &set));
}

int quorate_usable_cpus(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) < 0) return -errno;
    return CPU_COUNT(&set);
}

int quorate_gettid(void) { return (int)syscall(SYS_gettid); }

int quorate_name_thread(const char *name) { return (int)quorate_result(prctl(PR_SET_NAME, name)); }

int quorate_die_with_parent(int signal) { return (int)quorate_result(prctl(PR_SET_PDEATHSIG, (unsigned long)signal)); }

int quorate_set_timer_slack(uint64_t nanoseconds) {
    return (int)quorate_result(prctl(PR_SET_TIMERSLACK, (unsigned long)nanoseconds));
}

static uint64_t read_clock(clockid_t clock) {
    struct timespec time = {0, 0};
    clock_gettime(clock, &time);
    // A wall clock that stands before 1970 would count as one of a far future.
    if (time.tv_sec < 0) return 0;
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}
uint64_t quorate_monotonic_ns(void) { return read_clock(CLOCK_MONOTONIC); }
uint64_t quorate_realtime_ns(void) { return read_clock(CLOCK_REALTIME); }
uint64_t quorate_process_cpu_ns(void) { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }
uint64_t quorate_thread_cpu_ns(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

static uint64_t nanoseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

static int usage_of(int who, quorate_usage *usage) {
    struct rusage raw;
    if (getrusage(who, &raw) < 0) return -errno;
    usage->user_ns = nanoseconds(raw.ru_utime);
    usage->system_ns = nanoseconds(raw.ru_stime);
    usage->max_resident_kib = (uint64_t)raw.ru_maxrss;
    usage->voluntary_switches = (uint64_t)raw.ru_nvcsw;
    usage->involuntary_switches = (uint64_t)raw.ru_nivcsw;
    usage->major_faults = (uint64_t)raw.ru_majflt;
    return 0;
}

int quorate_process_usage(quorate_usage *usage) { return usage_of(RUSAGE_SELF, usage); }
int quorate_thread_usage(quorate_usage *usage) { return usage_of(RUSAGE_THREAD, usage); }

int quorate_memory_file(const char *name) { return (int)quorate_result(memfd_create(name, MFD_CLOEXEC)); }
