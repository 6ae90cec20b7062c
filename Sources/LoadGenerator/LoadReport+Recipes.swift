// The lines of a report's summary that tell what became of locks.

extension LoadReport {
    var recipeLines: [String] {
        var lines: [String] = []
        if let locks {
            lines.append(
                "locks: \(locks.acquired) times held, \(locks.heldByTwo) by two at once, \(locks.givenUp) given up with the "
                    + "connection, \(locks.vanished) vanished, \(locks.recovered) found again by name, \(locks.ghosts) ghosts "
                    + "removed, \(locks.unfinished) unfinished")
        }
        return lines
    }
}
