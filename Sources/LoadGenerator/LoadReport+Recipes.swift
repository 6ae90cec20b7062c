// The lines of a report's summary that tell what became of locks and messages, of a replay and of a recording.

extension LoadReport {
    var recipeLines: [String] {
        [locks?.line, topics?.line].compactMap { $0 } + (replay?.lines ?? []) + (recording.map { [$0.line] } ?? [])
    }
}

extension LockAccounting {
    fileprivate var line: String {
        let counts = [
            "\(acquired) times held", "\(heldByTwo) by two at once", "\(givenUp) given up with the connection",
            "\(vanished) vanished", "\(recovered) found again by name", "\(ghosts) ghosts removed", "\(unfinished) unfinished",
        ]
        return "locks: " + counts.joined(separator: ", ")
    }
}

extension TopicAccounting {
    fileprivate var line: String {
        let counts = [
            "\(published) published for \(subscribers) subscribers", "\(delivered) delivered", "\(missed) missed", "\(lost) lost",
            "\(doubled) doubled", "\(reordered) reordered", "\(damaged) damaged", "\(vanished) vanished",
            "\(unknownPublishes) unknown (\(unknownPublishesRead) of them there)", "\(foreign) foreign",
            isDrained ? "caught up in \(milliseconds(drainNanoseconds)) ms" : "not caught up",
        ]
        return "topics: " + counts.joined(separator: ", ")
    }
}

extension ReplayAccounting {
    fileprivate var lines: [String] {
        let counts = [
            "\(requests) requests at \(speed)", "\(laidOut) znodes laid out before", "\(waited) waited for an earlier reply",
            "\(names) names and \(versions) versions stood for recorded ones", "\(untold) went out as recorded, as none was told",
            "\(unknownVersions) versions of unknown origin", "\(events) watch events",
        ]
        let found =
            differences == 0 ? "none differs from the trace's" : "\(differences) differ from the trace's: \(differenceText)"
        return ["replay: " + counts.joined(separator: ", "), "results: of \(compared) that could be compared \(found)"]
    }
}

extension RecordingFigures {
    fileprivate var line: String {
        if let failure { return "recording: \(file) is no whole trace: \(failure)" }
        return "recording: \(requests) requests in \(file), \(bytes) bytes"
    }
}
