// Dialogues of clients with whole members, as files in testdata/node-*.txt.

import Testing

@Suite struct NodeTranscriptTests {
    @Test(arguments: Transcript.names("node-"))
    func dialogue(_ name: String) throws {
        var transcript = try Transcript(name: name)
        let commands = NodeCommands()
        for difference in try transcript.run(commands.perform) { Issue.record("\(difference)") }
    }

    @Test func theOnePacketIsThere() { #expect(Transcript.names("node-") == ["node-one-packet.txt"]) }
}
