import Testing

@Suite struct JuteTests {}
