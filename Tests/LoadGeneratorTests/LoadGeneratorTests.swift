import Testing

@Suite struct LoadGeneratorTests {}
