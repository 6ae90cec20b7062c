// The allocator's functions stand here in front of the C library's own, which do the work: an executable's symbols come first, so
// every allocation of the Swift runtime passes through, too. Nothing is counted outside of a watch.
#include "FuzzWatch.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FUZZ_WATCH_SANITIZED 1
#endif
#endif
#ifdef FUZZ_SANITIZED
#define FUZZ_WATCH_SANITIZED 1
#endif

static __thread int watching;
static __thread size_t largest_allowed, growth_allowed;
static __thread long held, peak;

void fuzz_watch_begin(size_t largest, size_t growth) {
    largest_allowed = largest;
    growth_allowed = growth;
    held = peak = 0;
    watching = 1;
}

size_t fuzz_watch_end(void) {
    watching = 0;
    return (size_t)(peak > 0 ? peak : 0);
}

#ifndef FUZZ_WATCH_SANITIZED

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

int fuzz_watch_counts(void) { return 1; }

static void refuse(const char *what, size_t bytes, size_t allowed) {
    char line[160];
    watching = 0;
    int count = snprintf(line, sizeof line, "over-allocation: %s %zu bytes, allowed are %zu\n", what, bytes, allowed);
    if (write(2, line, (size_t)count) < 0) abort();
    abort();
}

static void judge(size_t bytes) {
    if (!watching) return;
    if (bytes > largest_allowed) refuse("one piece of", bytes, largest_allowed);
}

static void *counted(void *place) {
    if (watching && place) {
        held += (long)malloc_usable_size(place);
        if (held > peak) peak = held;
        if (held > (long)growth_allowed) refuse("altogether", (size_t)held, growth_allowed);
    }
    return place;
}

void *malloc(size_t bytes) {
    judge(bytes);
    return counted(__libc_malloc(bytes));
}

void *calloc(size_t count, size_t size) {
    size_t bytes;
    judge(__builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes);
    return counted(__libc_calloc(count, size));
}

void *realloc(void *old, size_t bytes) {
    judge(bytes);
    size_t before = watching && old ? malloc_usable_size(old) : 0;
    void *place = __libc_realloc(old, bytes);
    if (place) held -= (long)before;
    return counted(place);
}

void *memalign(size_t alignment, size_t bytes) {
    judge(bytes);
    return counted(__libc_memalign(alignment, bytes));
}

void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void **out, size_t alignment, size_t bytes) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *place = memalign(alignment, bytes);
    if (!place) return ENOMEM;
    *out = place;
    return 0;
}

void free(void *place) {
    if (watching && place) held -= (long)malloc_usable_size(place);
    __libc_free(place);
}

#else

int fuzz_watch_counts(void) { return 0; }

#endif

// ---- Edges -----------------------------------------------------------------------------------------------------------

enum { ranges_at_most = 4096 };
static struct { uint8_t *first, *end, *seen; } ranges[ranges_at_most];
static size_t range_count, edge_count;

// Called by what -sanitize-coverage=inline-8bit-counters puts into every object, before main.
void __sanitizer_cov_8bit_counters_init(char *first, char *end);
void __sanitizer_cov_pcs_init(const uintptr_t *first, const uintptr_t *end);

void __sanitizer_cov_8bit_counters_init(char *first, char *end) {
    if (first == end || range_count == ranges_at_most) return;
    for (size_t i = 0; i < range_count; i++)
        if (ranges[i].first == (uint8_t *)first) return;
    ranges[range_count].first = (uint8_t *)first;
    ranges[range_count].end = (uint8_t *)end;
    ranges[range_count].seen = calloc(1, (size_t)(end - first));
    range_count++;
    edge_count += (size_t)(end - first);
}

void __sanitizer_cov_pcs_init(const uintptr_t *first, const uintptr_t *end) {
    (void)first;
    (void)end;
}

size_t fuzz_edges(void) { return edge_count; }

// How often, roughly: 1, 2, 3, 4 to 7, ... one bit each.
static uint8_t class_of(uint8_t count) {
    if (count <= 3) return (uint8_t)(1 << (count - 1));
    if (count <= 7) return 8;
    if (count <= 15) return 16;
    if (count <= 31) return 32;
    return count <= 127 ? 64 : 128;
}

size_t fuzz_edges_news(void) {
    size_t news = 0;
    for (size_t r = 0; r < range_count; r++) {
        uint8_t *seen = ranges[r].seen;
        for (uint8_t *p = ranges[r].first; p < ranges[r].end; p++, seen++) {
            uint64_t eight;
            // Nearly all are zero: eight at once.
            while (ranges[r].end - p >= 8 && (memcpy(&eight, p, 8), eight == 0)) p += 8, seen += 8;
            if (p == ranges[r].end) break;
            if (*p == 0) continue;
            uint8_t bit = class_of(*p);
            if ((*seen & bit) == 0) {
                *seen |= bit;
                news++;
            }
            *p = 0;
        }
    }
    return news;
}

void fuzz_edges_clear(void) {
    for (size_t r = 0; r < range_count; r++) memset(ranges[r].first, 0, (size_t)(ranges[r].end - ranges[r].first));
}
