import Testing

@Suite struct WorkloadTests {}
