// CLinux: the system calls and processor instructions that Swift's Glibc module does not offer.
//
// Every call that can fail returns a negative errno instead of setting the global, so that a caller in Swift never races
// with another use of errno. The header includes no system header: the GNU extensions that CLinux.c asks for would change
// what Swift sees of structures that other modules declare too. CRC32C lives in CRC32C.c.
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Readiness -------------------------------------------------------------------------------------------------------

extern const uint32_t QUORATE_EPOLLIN;
extern const uint32_t QUORATE_EPOLLOUT;
extern const uint32_t QUORATE_EPOLLERR;
extern const uint32_t QUORATE_EPOLLHUP;
extern const uint32_t QUORATE_EPOLLRDHUP;
extern const uint32_t QUORATE_EPOLLET;

/// One ready descriptor, in a layout that Swift reads without knowing that the kernel packs its own.
typedef struct quorate_ready {
    uint64_t data;
    uint32_t events;
    uint32_t reserved;
} quorate_ready;

int quorate_epoll_create(void);

/// `data` comes back with every readiness of the descriptor.
int quorate_epoll_add(int epoll, int fd, uint32_t events, uint64_t data);
int quorate_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data);

/// Waits at most `timeout_ns` nanoseconds (negative: without end) and fills `ready` with up to `capacity` (at most 256)
/// descriptors. Uses epoll_pwait2, and rounds up to whole milliseconds on kernels that lack it.
int quorate_epoll_wait(int epoll, quorate_ready *ready, int capacity, int64_t timeout_ns);

int quorate_eventfd(void);
/// Adds one to the counter, which makes the descriptor readable.
int quorate_eventfd_signal(int fd);
/// Sets the counter back to zero.
int quorate_eventfd_drain(int fd);

int quorate_timerfd(void);
/// Arms the timer for an instant of the monotonic clock; 0 disarms it.
int quorate_timerfd_arm(int fd, uint64_t deadline_ns);

// ---- Sockets ---------------------------------------------------------------------------------------------------------

/// Accepts one connection, non-blocking and closed on exec. `address` has room for `*length` bytes; both may be NULL.
int quorate_accept(int listener, void *address, uint32_t *length);
/// The options below exist under names or types that Swift does not import.
int quorate_set_no_delay(int fd);
/// Probes a silent peer after `idle_s` seconds, every `interval_s`, and gives up after `probes`; unacknowledged data gives
/// up after `user_timeout_ms`.
int quorate_set_keep_alive(int fd, int idle_s, int interval_s, int probes, unsigned int user_timeout_ms);

// ---- Files -----------------------------------------------------------------------------------------------------------

extern const int QUORATE_O_DIRECT;

/// As pwritev, but what was written is durable when it returns. Returns the bytes written, or a negated errno.
struct iovec;
int64_t quorate_write_through(int file, const struct iovec *pieces, int count, int64_t at);
extern const int QUORATE_O_DSYNC;
extern const int QUORATE_O_CLOEXEC;
extern const int QUORATE_O_DIRECTORY;
extern const int QUORATE_O_NOFOLLOW;

/// Reserves the range; `keep_size` leaves the file's length alone.
int quorate_fallocate(int fd, int keep_size, int64_t offset, int64_t length);
/// Releases the blocks of the range, which then reads as zeros.
int quorate_punch_hole(int fd, int64_t offset, int64_t length);
/// Tells the kernel that the range will not be read again soon.
int quorate_fadvise_dontneed(int fd, int64_t offset, int64_t length);
int quorate_fadvise_sequential(int fd, int64_t offset, int64_t length);
int quorate_fadvise_willneed(int fd, int64_t offset, int64_t length);
/// Starts write-back of the range without waiting for it (no promise of durability).
int quorate_sync_file_range_write(int fd, int64_t offset, int64_t length);
/// Atomic rename; with `no_replace` it fails with EEXIST if the target exists.
int quorate_rename(const char *from, const char *to, int no_replace);

/// The magic number of the file system that holds `path`, or a negative errno.
int64_t quorate_filesystem_magic(const char *path);
/// 1 if `path` lies in memory (tmpfs, ramfs), 0 if not, or a negative errno.
int quorate_is_memory_filesystem(const char *path);
/// Bytes that an ordinary user may still write on the file system of `path`, or a negative errno.
int64_t quorate_filesystem_available(const char *path);

// ---- Processes, threads, clocks --------------------------------------------------------------------------------------

int quorate_pin_thread(int cpu);
/// CPUs on which this thread may run.
int quorate_usable_cpus(void);
int quorate_gettid(void);
/// Names the calling thread (15 bytes are kept).
int quorate_name_thread(const char *name);
/// Asks the kernel to send `signal` to this process when its parent's thread ends.
int quorate_die_with_parent(int signal);

/// How late the kernel may wake the calling thread after a timed wait, in nanoseconds (50000 by default).
int quorate_set_timer_slack(uint64_t nanoseconds);

/// Starts `program` in a process group of its own, with empty input and with output and errors going to `output` (negative:
/// nowhere). The kernel sends it `death_signal` when the *thread* that called this ends, however that happens. Returns the
/// process id or a negative errno; that of a program that can't be executed, too.
int quorate_spawn(
    const char *program, char *const arguments[], char *const environment[], int output, int death_signal);
/// CPU time of all threads of another process, ended ones included, in nanoseconds, or a negative errno.
int64_t quorate_process_cpu_of(int pid);

uint64_t quorate_monotonic_ns(void);
/// Asks the processor to have this cache line ready soon. Any address is allowed.
static inline void quorate_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }
uint64_t quorate_realtime_ns(void);
uint64_t quorate_process_cpu_ns(void);
uint64_t quorate_thread_cpu_ns(void);

typedef struct quorate_usage {
    uint64_t user_ns;
    uint64_t system_ns;
    uint64_t max_resident_kib;
    uint64_t voluntary_switches;
    uint64_t involuntary_switches;
    uint64_t major_faults;
} quorate_usage;

/// What this process (or, below, this thread) has used so far.
int quorate_process_usage(quorate_usage *usage);
int quorate_thread_usage(quorate_usage *usage);

/// An empty file that lies in memory and on no disk, and goes with its last descriptor; negative errno if there is none.
int quorate_memory_file(const char *name);

// ---- CRC32C ----------------------------------------------------------------------------------------------------------

/// CRC-32C (Castagnoli) of `length` bytes, continued from `seed`: 0 starts, and the value of a first part continues with
/// the second. Uses the processor's instruction where there is one. The check value of "123456789" is 0xe3069283.
uint32_t quorate_crc32c(uint32_t seed, const void *bytes, size_t length);
/// The same by table, whatever the processor offers: a reference for tests.
uint32_t quorate_crc32c_portable(uint32_t seed, const void *bytes, size_t length);
/// "sse4.2", "armv8" or "table".
const char *quorate_crc32c_method(void);

#ifdef __cplusplus
}
#endif

#endif
