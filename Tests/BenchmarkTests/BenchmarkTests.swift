import Testing

@Suite struct BenchmarkTests {}
