// Dialogues between protocol cores, as files in testdata/zab-*.txt that read like a lab note.

import Testing

@Suite struct CoreTranscriptTests {
    @Test(arguments: Transcript.names("zab-"))
    func dialogue(_ name: String) throws {
        var transcript = try Transcript(name: name)
        let commands = CoreCommands()
        for difference in try transcript.run(commands.perform) { Issue.record("\(difference)") }
    }

    @Test func everyNamedDialogueIsThere() {
        let names = Transcript.names("zab-")
        for wanted in [
            "zab-election.txt", "zab-election-after-kill.txt", "zab-prevote.txt", "zab-even-quorums.txt", "zab-power-loss.txt",
            "zab-reads.txt", "zab-sync-diff.txt", "zab-sync-trunc.txt", "zab-sync-snap.txt", "zab-bad-state.txt",
            "zab-uncommitted.txt", "zab-handover.txt",
        ] {
            #expect(names.contains(wanted))
        }
    }

    /// A transcript that says something else than what happens is noticed.
    @Test func aWrongLineIsFound() throws {
        guard !Transcript.isRewriting else { return }
        var transcript = try Transcript(name: "zab-election.txt")
        let last = transcript.blocks.count - 1
        transcript.blocks[last].expected.append("1 leads epoch 99")
        let commands = CoreCommands()
        #expect(try transcript.run(commands.perform).count == 1)
    }
}
