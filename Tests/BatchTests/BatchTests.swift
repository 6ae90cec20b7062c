import Testing

@Suite struct BatchTests {}
