import Testing

@Suite struct InteroperabilityTests {}
