import Testing

@Suite struct PeerProtocolTests {}
