import Testing

@Suite struct ClientProtocolTests {}
