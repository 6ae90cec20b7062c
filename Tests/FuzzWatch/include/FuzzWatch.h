// What the fuzzing loop has to know of its own process: what is being allocated, and which edges of the code were passed.
#ifndef FUZZ_WATCH_H
#define FUZZ_WATCH_H

#include <stddef.h>
#include <stdint.h>

/// From now on the calling thread may allocate at most `largest` bytes in one piece, and hold at most `growth` bytes more than
/// now. Whoever wants more ends the process (SIGABRT) with a line on standard error.
void fuzz_watch_begin(size_t largest, size_t growth);
/// Ends the watch. Returns by how many bytes the thread's memory had grown at most.
size_t fuzz_watch_end(void);
/// 0 where another allocator's checks (the address sanitizer's) take the place of this watch.
int fuzz_watch_counts(void);

/// Counters of passed edges in this program; 0 if it was not built to count them.
size_t fuzz_edges(void);
/// Edges that were passed for the first time, or as often as never before, since the counters were cleared; clears them.
size_t fuzz_edges_news(void);
void fuzz_edges_clear(void);

#endif
