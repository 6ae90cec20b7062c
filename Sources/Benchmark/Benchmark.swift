// Benchmark: to be furnished.
