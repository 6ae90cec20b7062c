// The lines of a report's summary that tell what became of locks and messages.

extension LoadReport {
    var recipeLines: [String] {
        [locks?.line, topics?.line].compactMap { $0 }
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
