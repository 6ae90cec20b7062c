import Testing

@Suite struct ZabTests {}
