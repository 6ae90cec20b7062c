import Testing

@Suite struct DataTreeTests {}
