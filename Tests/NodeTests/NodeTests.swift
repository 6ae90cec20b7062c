import Testing

@Suite struct NodeTests {}
