// The clocks of the load generator: monotonic time for latencies, the thread's own CPU time for its share.

internal import CLinux

/// Nanoseconds of the monotonic clock.
@inline(__always) func monotonicNanoseconds() -> UInt64 { quorate_monotonic_ns() }

/// Nanoseconds since 1970, for the start of a run.
func wallNanoseconds() -> UInt64 { quorate_realtime_ns() }

/// CPU time that the calling thread has used so far, in nanoseconds.
func threadCPUNanoseconds() -> UInt64 { quorate_thread_cpu_ns() }

/// Asks the system to wake this thread when a wait ends, not up to 50 microseconds later: requests are due at instants.
func askForPreciseWaking() { _ = quorate_set_timer_slack(1_000) }
