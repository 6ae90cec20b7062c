import Testing

@Suite struct TranscriptTests {}
