import Testing

@Suite struct ResultsTests {}
