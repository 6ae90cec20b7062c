import Testing

@Suite struct HandlersTests {}
