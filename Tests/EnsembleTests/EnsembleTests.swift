import Testing

@Suite struct EnsembleTests {}
